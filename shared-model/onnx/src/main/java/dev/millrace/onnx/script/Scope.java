package dev.millrace.onnx.script;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The names that nodes of one graph see: its values, and those of the graphs around it. */
final class Scope {
    private final @Nullable Scope outer;
    private final Graph graph;
    private final Map<String, Long> opsets;
    private final Map<String, String> expressions = new HashMap<>();
    private final Set<String> sequences = new HashSet<>();
    private final Set<String> narrow = new HashSet<>();
    private final Map<String, String> narrowed = new HashMap<>();

    Scope(@Nullable Scope outer, Graph graph, Map<String, Long> opsets) {
        this.outer = outer;
        this.graph = graph;
        this.opsets = opsets;
    }

    Graph graph() {
        return graph;
    }

    Map<String, Long> opsets() {
        return opsets;
    }

    void define(String value, String expression) {
        expressions.put(value, expression);
    }

    void markSequence(String value) {
        sequences.add(value);
    }

    boolean isSequence(String value) {
        return sequences.contains(value) || (!defines(value) && outer != null && outer.isSequence(value));
    }

    /** Says that the expression of a value is bfloat16 though the graph says float. */
    void markNarrow(String value) {
        narrow.add(value);
    }

    boolean isNarrow(String value) {
        return narrow.contains(value) || (!defines(value) && outer != null && outer.isNarrow(value));
    }

    /** Keeps the variable that a value has in bfloat16. */
    void defineNarrowed(String value, String variable) {
        narrowed.put(value, variable);
    }

    Optional<String> narrowed(String value) {
        var own = narrowed.get(value);
        if (own != null) {
            return Optional.of(own);
        }
        return outer == null || defines(value) ? Optional.empty() : outer.narrowed(value);
    }

    private boolean defines(String value) {
        return expressions.containsKey(value) || graph.defines(value);
    }

    /** The expression of a value that a node made or a caller gave. */
    Optional<String> expression(String value) {
        var own = expressions.get(value);
        if (own != null) {
            return Optional.of(own);
        }
        return outer == null || graph.defines(value) ? Optional.empty() : outer.expression(value);
    }

    /** The node of this graph that makes a value. */
    Optional<Node> producer(String value) {
        return graph.producer(value);
    }

    /** A tensor of the file and the graph that has it, seen through Identity nodes. */
    Optional<Known> known(String value) {
        if (!defines(value)) {
            return outer == null ? Optional.empty() : outer.known(value);
        }
        var node = graph.producer(value);
        if (node.isPresent() && node.get().is("Identity")) {
            return known(node.get().input(0));
        }
        return isFed(value) ? Optional.empty() : graph.constant(value).map(tensor -> new Known(graph, tensor));
    }

    /** Whether the value came in as an argument, whatever default the file has. */
    private boolean isFed(String value) {
        return graph.isInput(value) && expressions.containsKey(value);
    }

    /** A constant where it stands. */
    record Known(Graph graph, Tensor tensor) {}
}
