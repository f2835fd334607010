package dev.millrace.pruning.structured;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.channel.Observation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/**
 * A sum {@code y = x + f(x)}.
 *
 * @param sum name of y
 * @param skipped name of x
 */
record ResidualBlock(String sum, String skipped) {
    /** Those of a model, in the order of the graph. */
    static List<ResidualBlock> of(Graph graph, Observation seen) {
        var blocks = new ArrayList<ResidualBlock>();
        for (var node : graph.order()) {
            if (node.is("Add") && !graph.isOutput(node.output()) && sameDims(node, seen)) {
                for (int side = 0; side < 2; side++) {
                    if (dependsOn(graph, node.input(1 - side), node.input(side))) {
                        blocks.add(new ResidualBlock(node.output(), node.input(side)));
                    }
                }
            }
        }
        return blocks;
    }

    private static boolean sameDims(Node node, Observation seen) {
        var dims = seen.dims().getOrDefault(node.output(), new long[0]);
        return node.inputs().stream()
                .allMatch(input -> Arrays.equals(dims, seen.dims().getOrDefault(input, new long[0])));
    }

    /** Whether a value is computed from another. */
    private static boolean dependsOn(Graph graph, String value, String other) {
        var seen = new HashSet<String>();
        var left = new ArrayDeque<>(List.of(value));
        while (!left.isEmpty()) {
            var producer = graph.producer(left.remove());
            for (var input : producer.map(Node::inputs).orElse(List.of())) {
                if (input.equals(other)) {
                    return true;
                }
                if (seen.add(input)) {
                    left.add(input);
                }
            }
        }
        return false;
    }

    /** The model without f; what only f needed goes too. */
    Model removedFrom(Model model) {
        var shorter = model.copy();
        shorter.graph().replaceUses(sum, skipped);
        shorter.graph().removeDead();
        return shorter;
    }
}
