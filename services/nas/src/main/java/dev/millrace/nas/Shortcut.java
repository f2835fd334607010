package dev.millrace.nas;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A branch that a network could do without: {@code sum = around + branch(around)}.
 *
 * @param around the value that also goes around the branch
 * @param sum what an Add makes of both
 */
record Shortcut(String around, String sum) {
    /**
     * The shortcuts of a graph, in its order.
     *
     * @param dims dims of values by name
     */
    static List<Shortcut> of(Graph graph, Map<String, long[]> dims) {
        return graph.nodes().stream()
                .filter(node -> node.is("Add") && !graph.isOutput(node.output()))
                .flatMap(node -> of(graph, node, dims).stream())
                .toList();
    }

    private static Optional<Shortcut> of(Graph graph, Node add, Map<String, long[]> dims) {
        for (int side = 0; side < 2; side++) {
            var around = add.input(side);
            var branch = add.input(1 - side);
            boolean same = dims.containsKey(around) && Arrays.equals(dims.get(around), dims.get(add.output()));
            if (same
                    && !around.equals(branch)
                    && graph.constant(branch).isEmpty()
                    && comesFrom(graph, branch, around)) {
                return Optional.of(new Shortcut(around, add.output()));
            }
        }
        return Optional.empty();
    }

    private static boolean comesFrom(Graph graph, String value, String origin) {
        var seen = new HashSet<String>();
        var open = new ArrayDeque<>(List.of(value));
        while (!open.isEmpty()) {
            var next = open.pop();
            if (next.equals(origin)) {
                return true;
            }
            if (seen.add(next)) {
                graph.producer(next).ifPresent(node -> open.addAll(node.inputs()));
            }
        }
        return false;
    }

    /** Removes the branch. */
    void take(Graph graph) {
        graph.replaceUses(sum, around);
        graph.removeDead();
    }
}
