package dev.millrace.onnx.edit;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Computes once what a graph computes several times: nodes of one operator with the same inputs and attributes. Exporters ask
 * for the shape of a value each time they need it.
 */
public final class RepeatedNodes {
    private static final Set<String> DOMAINS = Set.of("", "com.microsoft");

    private RepeatedNodes() {}

    /**
     * Lets all readers of the same computation read the first. One that gives an output of a graph its name stays.
     *
     * @return number of nodes removed
     */
    public static int merge(Model model) {
        return model.graphs().toList().stream().mapToInt(RepeatedNodes::merge).sum();
    }

    private static int merge(Graph graph) {
        var first = new HashMap<Node, Node>();
        int removed = 0;
        for (var before : graph.order()) {
            var node = current(graph, before);
            if (!DOMAINS.contains(node.domain())
                    || node.isRandom()
                    || !node.subgraphs().isEmpty()) {
                continue;
            }
            var same = first.putIfAbsent(node.withName("").withOutputs(List.of()), node);
            if (same != null && standsFor(graph, same, node)) {
                for (int i = 0; i < node.outputs().size(); i++) {
                    if (!node.output(i).isEmpty()) {
                        graph.replaceUses(node.output(i), same.output(i));
                    }
                }
                graph.remove(current(graph, node));
                removed++;
            }
        }
        return removed;
    }

    private static boolean standsFor(Graph graph, Node same, Node node) {
        return IntStream.range(0, node.outputs().size())
                .allMatch(i -> node.output(i).isEmpty()
                        || (i < same.outputs().size() && !same.output(i).isEmpty() && !graph.isOutput(node.output(i))));
    }

    /** The node as it reads now, after what it read was replaced. */
    private static Node current(Graph graph, Node before) {
        return before.outputs().stream()
                .filter(output -> !output.isEmpty())
                .findFirst()
                .flatMap(graph::producer)
                .orElse(before);
    }
}
