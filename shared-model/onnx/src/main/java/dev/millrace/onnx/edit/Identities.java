package dev.millrace.onnx.edit;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import java.util.List;

/** Removes nodes that pass their input through: Identity, and Dropout outside training. */
public final class Identities {
    private Identities() {}

    /**
     * Removes them, except where only they give a graph's output its name.
     *
     * @return number of nodes removed
     */
    public static int remove(Model model) {
        return model.graphs().toList().stream().mapToInt(Identities::remove).sum();
    }

    private static int remove(Graph graph) {
        int removed = 0;
        for (var node : List.copyOf(graph.nodes())) {
            if (!passesThrough(graph, node)) {
                continue;
            }
            var from = node.input(0);
            var to = node.output();
            if (!graph.isOutput(to)) {
                graph.replaceUses(to, from);
                removeCurrent(graph, to);
                removed++;
            } else if (graph.producer(from).isPresent() && !graph.isOutput(from)) {
                removeCurrent(graph, to);
                graph.rename(from, to);
                removed++;
            }
        }
        return removed;
    }

    private static void removeCurrent(Graph graph, String output) {
        graph.producer(output).ifPresent(graph::remove);
    }

    private static boolean passesThrough(Graph graph, Node node) {
        if (node.is("Identity")) {
            return true;
        }
        boolean maskUsed = node.outputs().stream()
                .skip(1)
                .anyMatch(mask -> !mask.isEmpty()
                        && (graph.isOutput(mask) || !graph.consumers(mask).isEmpty()));
        return node.is("Dropout") && !maskUsed && !trains(graph, node);
    }

    private static boolean trains(Graph graph, Node dropout) {
        return dropout.hasInput(2)
                && graph.constant(dropout.input(2))
                        .map(mode -> mode.longs()[0] != 0)
                        .orElse(true);
    }
}
