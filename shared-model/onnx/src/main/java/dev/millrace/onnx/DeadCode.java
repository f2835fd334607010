package dev.millrace.onnx;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Set;

/** Marks backwards from the outputs and drops what was not reached. */
final class DeadCode {
    private DeadCode() {}

    static int remove(Graph graph) {
        int before = size(graph);
        for (var node : graph.nodes()) {
            node.subgraphs().forEach(DeadCode::remove);
        }
        Set<Node> alive = Collections.newSetFromMap(new IdentityHashMap<>());
        var read = new HashSet<String>();
        var pending = new ArrayDeque<String>();
        graph.outputs().forEach(output -> pending.add(output.name()));
        while (!pending.isEmpty()) {
            var name = pending.poll();
            if (read.add(name)) {
                graph.producer(name).filter(alive::add).ifPresent(node -> pending.addAll(TopologicalOrder.reads(node)));
            }
        }
        graph.retain(alive, read);
        return before - size(graph);
    }

    private static int size(Graph graph) {
        return graph.graphs()
                .mapToInt(each -> each.nodes().size()
                        + each.initializers().size()
                        + each.sparseInitializers().size())
                .sum();
    }
}
