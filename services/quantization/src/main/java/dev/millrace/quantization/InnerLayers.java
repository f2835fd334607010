package dev.millrace.quantization;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The layers that have another layer before them and another one behind. */
final class InnerLayers {
    private InnerLayers() {}

    static Set<Layer> of(Graph graph, Placement placement) {
        var layers = placement.layers().stream().map(Layer::node).collect(Collectors.toSet());
        var order = graph.order();
        var behind = new HashSet<String>();
        for (var node : order) {
            if (layers.contains(node) || node.inputs().stream().anyMatch(behind::contains)) {
                behind.addAll(node.outputs());
            }
        }
        var before = valuesBefore(order, layers);
        return placement.layers().stream()
                .filter(layer -> behind.contains(layer.input()))
                .filter(layer -> before.contains(layer.node().output()))
                .collect(Collectors.toSet());
    }

    /** Values that some layer depends on. */
    private static Set<String> valuesBefore(List<Node> order, Set<Node> layers) {
        var before = new HashSet<String>();
        for (int i = order.size() - 1; i >= 0; i--) {
            var node = order.get(i);
            if (layers.contains(node) || node.outputs().stream().anyMatch(before::contains)) {
                before.addAll(node.inputs());
            }
        }
        return before;
    }
}
