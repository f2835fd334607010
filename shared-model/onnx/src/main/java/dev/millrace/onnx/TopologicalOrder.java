package dev.millrace.onnx;

import dev.millrace.message.RefusedException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/** Kahn's algorithm; among nodes that are ready, the one that stood first comes first. */
final class TopologicalOrder {
    private TopologicalOrder() {}

    static List<Node> of(Graph graph) {
        var nodes = graph.nodes();
        var positions = new IdentityHashMap<Node, Integer>();
        for (int i = 0; i < nodes.size(); i++) {
            positions.put(nodes.get(i), i);
        }
        Map<Integer, List<Integer>> readers = new HashMap<>();
        var waitsFor = new int[nodes.size()];
        for (int i = 0; i < nodes.size(); i++) {
            int reader = i;
            for (var name : reads(nodes.get(i))) {
                graph.producer(name).map(positions::get).ifPresent(producer -> {
                    readers.computeIfAbsent(producer, p -> new ArrayList<>()).add(reader);
                    waitsFor[reader]++;
                });
            }
        }
        var ready = new PriorityQueue<Integer>();
        for (int i = 0; i < waitsFor.length; i++) {
            if (waitsFor[i] == 0) {
                ready.add(i);
            }
        }
        var sorted = new ArrayList<Node>(nodes.size());
        while (!ready.isEmpty()) {
            int next = ready.poll();
            sorted.add(nodes.get(next));
            for (int reader : readers.getOrDefault(next, List.of())) {
                if (--waitsFor[reader] == 0) {
                    ready.add(reader);
                }
            }
        }
        if (sorted.size() < nodes.size()) {
            var stuck = java.util.stream.IntStream.range(0, waitsFor.length)
                    .filter(i -> waitsFor[i] > 0)
                    .mapToObj(nodes::get)
                    .findFirst()
                    .orElseThrow();
            throw new RefusedException("GRAPH_CYCLE", stuck.toString(), "it depends on its own output", "no cycles");
        }
        return sorted;
    }

    /** Everything a node reads, in subgraphs too. */
    static Set<String> reads(Node node) {
        var names = new HashSet<>(node.inputs());
        node.subgraphs().forEach(subgraph -> names.addAll(subgraph.captures()));
        names.remove("");
        return names;
    }
}
