package dev.millrace.onnx;

import dev.millrace.message.RefusedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The nodes of one graph in the order they run, and who makes and who reads each value. Nodes are found by identity. */
@SuppressWarnings("ReferenceEquality") // nodes are found by identity
final class NodeList {
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Node> producers = new HashMap<>();
    private final Map<String, List<Node>> consumers = new HashMap<>();

    /** A live view. */
    List<Node> view() {
        return Collections.unmodifiableList(nodes);
    }

    int size() {
        return nodes.size();
    }

    /** @return -1 if it is no node of this graph */
    int indexOf(Node node) {
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i) == node) {
                return i;
            }
        }
        return -1;
    }

    /** @throws RefusedException {@code DUPLICATE_NAME} if one of their outputs has a producer */
    void insert(int index, Node... added) {
        for (var node : added) {
            for (var output : node.outputs()) {
                if (!output.isEmpty() && producers.putIfAbsent(output, node) != null) {
                    throw new RefusedException(
                            "DUPLICATE_NAME", node.toString(), "a second producer of '" + output + "'", "one producer");
                }
            }
            new HashSet<>(node.inputs())
                    .forEach(input -> consumers
                            .computeIfAbsent(input, name -> new ArrayList<>())
                            .add(node));
        }
        nodes.addAll(index, Arrays.asList(added));
    }

    void remove(int index) {
        var node = nodes.remove(index);
        node.outputs().forEach(output -> producers.remove(output, node));
        for (var input : node.inputs()) {
            var users = consumers.get(input);
            if (users != null) {
                users.removeIf(user -> user == node);
                if (users.isEmpty()) {
                    consumers.remove(input);
                }
            }
        }
    }

    /** @param sorted the same nodes in another order */
    void reorder(List<Node> sorted) {
        nodes.clear();
        nodes.addAll(sorted);
    }

    @Nullable
    Node producer(String value) {
        return producers.get(value);
    }

    boolean produces(String value) {
        return producers.containsKey(value);
    }

    /** Nodes of this graph that read a value, each once; what their subgraphs read does not count. */
    List<Node> directConsumers(String value) {
        return consumers.getOrDefault(value, List.of());
    }
}
