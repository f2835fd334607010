package dev.millrace.quantization;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.edit.NodeGlobs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes dynamic quantization into one graph. */
final class DynamicRewrite {
    /** What DynamicQuantizeLinear makes of an activation. */
    private record Rounded(String values, String scale, String zeroPoint) {}

    private final Graph graph;
    private final WeightStore weights;
    private final Map<String, Rounded> activations = new HashMap<>();

    DynamicRewrite(Graph graph, WeightStore weights) {
        this.graph = graph;
        this.weights = weights;
    }

    /** Quantizes what it can; returns the nodes replaced. */
    List<Node> apply(NodeGlobs ignored) {
        var layers = new ArrayList<Layer>();
        var tables = new ArrayList<Node>();
        var lstms = new ArrayList<DynamicLstm>();
        for (var node : graph.nodes()) {
            if (ignored.contains(node)) {
                continue;
            }
            Layer.of(graph, node)
                    .filter(layer -> (layer.is("MatMul") || layer.is("Gemm"))
                            && layer.obstacle(graph).isEmpty())
                    .ifPresent(layers::add);
            table(node).ifPresent(tensor -> tables.add(node));
            DynamicLstm.of(graph, node).ifPresent(lstms::add);
        }
        layers.forEach(layer -> weights.announce(layer, axis(layer)));
        tables.forEach(node -> {
            var tensor = table(node).orElseThrow();
            weights.announce(tensor, tensor.rank() - 1);
        });
        layers.forEach(this::replace);
        tables.forEach(node -> graph.replace(
                node, QdqRounding.table(graph, node, weights.get(node.input(0))).toArray(Node[]::new)));
        lstms.forEach(lstm -> lstm.replace(graph));
        var all = new ArrayList<>(layers.stream().map(Layer::node).toList());
        all.addAll(tables);
        lstms.forEach(lstm -> all.add(lstm.node()));
        return all;
    }

    private Optional<Tensor> table(Node node) {
        return node.is("Gather") && node.integer("axis", 0) == 0
                ? graph.constant(node.input(0))
                        .filter(tensor -> Layer.isWeight(tensor) && tensor.type() == DataType.FLOAT)
                : Optional.empty();
    }

    /** A weight with batch axes {@code (E, …, K, M)} has a scale for each E. */
    private static int axis(Layer layer) {
        return layer.weight().rank() > 2 ? 0 : layer.channelAxis();
    }

    private void replace(Layer layer) {
        var nodes = new ArrayList<Node>();
        var name = layer.name();
        var input = rounded(layer.input(), nodes);
        var weight = weights.get(layer.weight().name());
        var product = graph.freshName(name + "_int32");
        var scale = graph.freshName(name + "_scale");
        var asFloat = graph.freshName(name + "_float");
        boolean biased = layer.node().hasInput(2);
        var scaled = biased ? graph.freshName(name + "_scaled") : layer.node().output();
        nodes.add(Node.of(
                "MatMulInteger",
                product,
                List.of(input.values, factor(layer, weight, nodes), input.zeroPoint),
                List.of(product)));
        nodes.add(Node.of(
                "Cast", asFloat, List.of(product), List.of(asFloat), Attribute.of("to", DataType.FLOAT.code())));
        nodes.add(Node.of("Mul", scale, List.of(input.scale, scales(layer, weight, nodes)), List.of(scale)));
        nodes.add(Node.of("Mul", biased ? scaled : name, List.of(asFloat, scale), List.of(scaled)));
        if (biased) {
            nodes.add(Node.of(
                    "Add",
                    name,
                    List.of(scaled, layer.node().input(2)),
                    layer.node().outputs()));
        }
        graph.replace(layer.node(), nodes.toArray(Node[]::new));
    }

    /** Scales that broadcast over the product: {@code (M)} as stored, or {@code (E, 1, …, 1)}. */
    private String scales(Layer layer, Int8Weight weight, List<Node> before) {
        int rank = layer.weight().rank();
        if (rank == 2 || weight.axis() < 0) {
            return WeightStore.scaleName(weight);
        }
        var dims = new long[rank];
        Arrays.fill(dims, 1);
        dims[0] = weight.scales().length;
        var name = graph.freshName(layer.name() + "_scales");
        graph.put(Tensor.longs(name + "_shape", dims, rank));
        before.add(Node.of("Reshape", name, List.of(WeightStore.scaleName(weight), name + "_shape"), List.of(name)));
        return name;
    }

    private Rounded rounded(String input, List<Node> before) {
        var known = activations.get(input);
        if (known != null) {
            return known;
        }
        var made = new Rounded(
                graph.freshName(input + "_quantized"),
                graph.freshName(input + "_scale"),
                graph.freshName(input + "_zero_point"));
        before.add(Node.of(
                "DynamicQuantizeLinear",
                made.values,
                List.of(input),
                List.of(made.values, made.scale, made.zeroPoint)));
        activations.put(input, made);
        return made;
    }

    /** The right-hand side {@code (K, M)}: as stored, or turned. ONNX Runtime turns constants once, when it loads them. */
    private String factor(Layer layer, Int8Weight weight, List<Node> before) {
        boolean turned = layer.transposed() || layer.node().integer("transB", 0) != 0;
        if (!turned) {
            return weight.values().name();
        }
        var name = graph.freshName(layer.name() + "_weight_transposed");
        before.add(Node.of(
                "Transpose", name, List.of(weight.values().name()), List.of(name), Attribute.ints("perm", 1, 0)));
        return name;
    }
}
