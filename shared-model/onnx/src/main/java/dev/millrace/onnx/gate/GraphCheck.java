package dev.millrace.onnx.gate;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.ValueInfo;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Structure: names, scopes, order, counts, declared shapes; then every tensor and every node by its own rules. */
final class GraphCheck {
    private final Limits limits;
    private final Set<String> functionDomains;
    private final TensorCheck tensors;
    private long nodes;
    private long initializers;

    GraphCheck(Limits limits, Set<String> functionDomains) {
        this.limits = limits;
        this.functionDomains = functionDomains;
        this.tensors = new TensorCheck(limits);
    }

    void check(Graph graph) {
        check(graph, Set.of(), 0, 1);
    }

    /**
     * @param outer values of the graphs around this one
     * @param trips how often the loops around it run, as far as that is constant
     */
    private void check(Graph graph, Set<String> outer, int depth, long trips) {
        var where = "graph '" + graph.name() + "'";
        if (depth > limits.depth()) {
            throw new RefusedException(
                    "GRAPH_DEPTH", where, "subgraphs nested " + depth + " deep", "at most " + limits.depth());
        }
        count(graph, where);
        checkStored(graph);

        var known = new HashSet<>(outer);
        graph.inputs().forEach(input -> known.add(input.name()));
        graph.initializers().forEach(initializer -> known.add(initializer.name()));
        graph.sparseInitializers().forEach(initializer -> known.add(initializer.name()));
        graph.nodes().forEach(node -> known.addAll(node.outputs()));
        checkScope(graph, known);
        var sizes = new ConstantSizes(graph, limits);
        for (var node : graph.order()) {
            checkNode(graph, node, sizes);
            long inner = NodeCheck.saturatedProduct(trips, LoopRules.trips(graph, node));
            if (inner > limits.loopTrips()) {
                throw new RefusedException(
                        "LOOP_TOO_LONG", node.toString(), inner + " iterations", "at most " + limits.loopTrips());
            }
            node.subgraphs().forEach(subgraph -> check(subgraph, known, depth + 1, inner));
        }
    }

    private void count(Graph graph, String where) {
        nodes += graph.nodes().size();
        initializers += graph.initializers().size() + graph.sparseInitializers().size();
        if (nodes > limits.nodes()) {
            throw new RefusedException("TOO_MANY_NODES", where, nodes + " nodes", "at most " + limits.nodes());
        }
        if (initializers > limits.initializers()) {
            throw new RefusedException(
                    "TOO_MANY_INITIALIZERS", where, initializers + " initializers", "at most " + limits.initializers());
        }
    }

    /** Declared values and stored tensors. */
    private void checkStored(Graph graph) {
        graph.inputs().forEach(this::checkDeclared);
        graph.valueInfos().forEach(this::checkDeclared);
        graph.outputs().forEach(this::checkDeclared);
        graph.initializers().forEach(tensor -> {
            checkName("initializer", tensor.name());
            tensors.check(tensor);
        });
        graph.sparseInitializers().forEach(tensors::check);
    }

    private void checkScope(Graph graph, Set<String> known) {
        for (var node : graph.nodes()) {
            for (var input : node.inputs()) {
                if (!input.isEmpty() && !known.contains(input)) {
                    throw new RefusedException(
                            "UNDEFINED_NAME", node.toString(), "input '" + input + "'", "a value of the graph");
                }
            }
        }
        for (var output : graph.outputs()) {
            if (!known.contains(output.name())) {
                throw new RefusedException(
                        "UNDEFINED_NAME",
                        "graph '" + graph.name() + "'",
                        "output '" + output.name() + "'",
                        "a value of the graph");
            }
        }
    }

    private void checkNode(Graph graph, Node node, ConstantSizes sizes) {
        checkName("node", node.name());
        node.outputs().forEach(output -> checkName("value", output));
        boolean allowed = limits.domains().contains(node.domain()) || functionDomains.contains(node.domain());
        if (!allowed) {
            throw new RefusedException(
                    "DOMAIN_NOT_ALLOWED",
                    node.toString(),
                    "operator domain '" + node.domain() + "'",
                    String.join(", ", limits.domains().stream().sorted().toList()));
        }
        node.attributes().forEach(attribute -> {
            attribute.tensors().forEach(tensors::check);
            attribute.sparseTensor().ifPresent(tensors::check);
        });
        NodeRules.check(new NodeCheck(graph, node, limits));
        sizes.add(node);
    }

    private void checkName(String what, String name) {
        if (name.indexOf('\0') >= 0 || name.getBytes(StandardCharsets.UTF_8).length > limits.nameBytes()) {
            throw new RefusedException(
                    "BAD_NAME",
                    what + " '" + name.substring(0, Math.min(40, name.length())).replace('\0', '?') + "'",
                    name.length() + " characters" + (name.indexOf('\0') >= 0 ? " with NUL" : ""),
                    "no NUL, at most " + limits.nameBytes() + " bytes");
        }
    }

    private void checkDeclared(ValueInfo value) {
        checkName("value", value.name());
        if (value.shape().isEmpty()) {
            return;
        }
        List<Dimension> shape = value.shape().get();
        long bytes = Math.max(1, value.type().bits() / 8);
        if (shape.size() > limits.rank()) {
            throw new RefusedException(
                    "TENSOR_RANK", "value '" + value.name() + "'", shape.size() + " axes", "at most " + limits.rank());
        }
        try {
            for (var dimension : shape) {
                bytes = Math.multiplyExact(bytes, dimension.isFixed() && dimension.size() > 0 ? dimension.size() : 1);
            }
        } catch (ArithmeticException e) {
            bytes = Long.MAX_VALUE;
        }
        if (bytes > limits.valueBytes()) {
            throw new RefusedException(
                    "TENSOR_TOO_LARGE",
                    "value '" + value.name() + "'",
                    "shape " + shape,
                    "at most " + limits.valueBytes() + " bytes");
        }
    }
}
