package dev.millrace.onnx;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** A value gets another name. */
record Renaming(String from, String to) {
    /** The names with the old one replaced. */
    List<String> of(List<String> names) {
        return names.stream().map(name -> name.equals(from) ? to : name).toList();
    }

    /** In what the nodes of a graph that pass the test read, in the subgraphs of these nodes too. */
    void inReaders(Graph graph, Predicate<Node> which) {
        graph.consumers(from).stream().filter(which).forEach(node -> {
            node.subgraphs().stream()
                    .filter(subgraph -> !subgraph.defines(from))
                    .forEach(subgraph -> {
                        inReaders(subgraph, inner -> true);
                        subgraph.renameOutput(from, to);
                    });
            if (node.inputs().contains(from)) {
                graph.replace(node, node.withInputs(of(node.inputs())));
            }
        });
    }

    /** In the keys of a map, whose order stays. */
    <V> void inKeys(Map<String, V> map, UnaryOperator<V> renamed) {
        if (map.containsKey(from)) {
            var entries = List.copyOf(map.entrySet());
            map.clear();
            entries.forEach(entry -> {
                boolean hit = entry.getKey().equals(from);
                map.put(hit ? to : entry.getKey(), hit ? renamed.apply(entry.getValue()) : entry.getValue());
            });
        }
    }
}
