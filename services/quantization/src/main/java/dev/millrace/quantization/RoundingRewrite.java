package dev.millrace.quantization;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Writes a placement into its graph. Nodes keep their names, and a value {@code t} that exists rounded only is still called
 * {@code t} where it is read.
 */
final class RoundingRewrite {
    private final Graph graph;
    private final Placement placement;
    private final Rounding rounding;
    private final Map<Node, Layer> layers;

    /** Tensors that exist in float too, to their rounded form. */
    private final Map<String, String> rounded = new HashMap<>();

    private RoundingRewrite(Graph graph, Placement placement, Rounding rounding) {
        this.graph = graph;
        this.placement = placement;
        this.rounding = rounding;
        layers = placement.layers().stream().collect(Collectors.toMap(Layer::node, Function.identity()));
    }

    /**
     * Edits the graph in place.
     *
     * @param placement planned on this graph as it is
     */
    static void apply(Graph graph, Placement placement, Rounding rounding) {
        var rewrite = new RoundingRewrite(graph, placement, rounding);
        graph.requiredInputs().stream().map(input -> input.name()).toList().forEach(rewrite::roundInput);
        List.copyOf(graph.nodes()).forEach(rewrite::rewrite);
        graph.removeDead();
    }

    private void roundInput(String input) {
        if (placement.tensors().containsKey(input)) {
            graph.addFirst(roundedBeside(input).toArray(Node[]::new));
        }
    }

    private void rewrite(Node node) {
        var nodes = new ArrayList<Node>();
        if (placement.tables().contains(node)) {
            nodes.addAll(rounding.table(node));
        } else {
            var layer = layers.get(node);
            var edited = layer != null
                    ? layer(layer, nodes)
                    : placement.operators().contains(node) ? withRoundedInputs(node) : node;
            nodes.add(edited);
            for (var output : node.outputs()) {
                var integerOnly = placement.tensors().get(output);
                if (integerOnly != null && integerOnly) {
                    var inner = graph.freshName(output + "_float");
                    var at = nodes.indexOf(edited);
                    edited = edited.withOutputs(edited.outputs().stream()
                            .map(o -> o.equals(output) ? inner : o)
                            .toList());
                    nodes.set(at, edited);
                    nodes.addAll(rounding.activation(output, inner, output));
                } else if (integerOnly != null) {
                    nodes.addAll(roundedBeside(output));
                }
            }
        }
        if (!nodes.equals(List.of(node))) {
            graph.replace(node, nodes.toArray(Node[]::new));
        }
    }

    private Node withRoundedInputs(Node node) {
        return node.withInputs(node.inputs().stream()
                .map(input -> rounded.getOrDefault(input, input))
                .toList());
    }

    private Node layer(Layer layer, List<Node> before) {
        var edited = layer.is("ConvTranspose") ? layer.node() : withRoundedInputs(layer.node());
        edited = edited.withInput(1, rounding.weight(layer, before));
        return edited.hasInput(2) ? edited.withInput(2, rounding.bias(layer, before)) : edited;
    }

    private List<Node> roundedBeside(String tensor) {
        var name = graph.freshName(tensor + "_rounded");
        rounded.put(tensor, name);
        return rounding.activation(tensor, tensor, name);
    }
}
