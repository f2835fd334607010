package dev.millrace.onnx.edit;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Makes one of two nodes that follow each other and only move or convert elements: Transpose after Transpose, Reshape after
 * Reshape, Cast after Cast; and removes those that do nothing.
 *
 * <p>{@code transpose(transpose(x, p), q) = transpose(x, q ∘ p)}; the identity goes. Of two Reshapes the second alone counts,
 * where no 0 in its shape refers to a dimension of the first's result. Of two Casts the second alone counts, where the first
 * loses nothing.
 */
public final class Rearrangements {
    private Rearrangements() {}

    /**
     * Merges wherever the value between two nodes goes nowhere else, until nothing changes.
     *
     * @return number of nodes gone
     */
    public static int merge(Model model) {
        int gone = 0;
        for (var graph : model.graphs().toList()) {
            for (var node : List.copyOf(graph.nodes())) {
                gone += merge(graph, node);
            }
        }
        return gone;
    }

    private static int merge(Graph graph, Node node) {
        int gone = 0;
        var current = Optional.of(node);
        while (current.isPresent() && graph.producer(node.output()).isPresent()) {
            var next = merged(graph, current.get());
            if (next.isPresent()) {
                gone++;
            }
            current = next;
        }
        return gone;
    }

    /** The node that does what this one and the one before it did; empty where they stay. */
    private static Optional<Node> merged(Graph graph, Node second) {
        var first = graph.producer(second.input(0))
                .filter(before -> before.is(second.opType()) && second.domain().isEmpty())
                .filter(before -> graph.onlyConsumer(before.output()).isPresent() && !graph.isOutput(before.output()));
        if (first.isEmpty()) {
            return Optional.empty();
        }
        var one =
                switch (second.opType()) {
                    case "Transpose" -> transposed(first.get(), second);
                    case "Reshape" -> reshaped(graph, first.get(), second);
                    case "Cast" -> cast(graph, first.get(), second);
                    default -> Optional.<Node>empty();
                };
        one.ifPresent(merged -> {
            graph.replace(second, merged);
            graph.remove(first.get());
        });
        return one;
    }

    /** The identity becomes an Identity, which {@link Identities} removes. */
    private static Optional<Node> transposed(Node first, Node second) {
        var p = first.ints("perm");
        var q = second.ints("perm");
        if (p.length == 0 || p.length != q.length) {
            return Optional.empty();
        }
        var both = IntStream.range(0, q.length).mapToLong(i -> p[(int) q[i]]).toArray();
        boolean nothing = IntStream.range(0, both.length).allMatch(i -> both[i] == i);
        var merged = second.withInput(0, first.input(0));
        return Optional.of(
                nothing
                        ? merged.withType("Identity").without("perm")
                        : merged.without("perm").with(Attribute.ints("perm", both)));
    }

    private static Optional<Node> reshaped(Graph graph, Node first, Node second) {
        boolean refers = second.integer("allowzero", 0) == 0
                && graph.constant(second.input(1))
                        .map(shape -> IntStream.range(0, (int) shape.elements()).anyMatch(i -> shape.longs()[i] == 0))
                        .orElse(true);
        return refers ? Optional.empty() : Optional.of(second.withInput(0, first.input(0)));
    }

    private static Optional<Node> cast(Graph graph, Node first, Node second) {
        var between = DataType.of((int) first.integer("to", 0));
        boolean exact = graph.valueInfo(first.input(0))
                .filter(info -> keeps(info.type(), between))
                .isPresent();
        return exact ? Optional.of(second.withInput(0, first.input(0))) : Optional.empty();
    }

    /** Whether every number of a type is one of the other. */
    private static boolean keeps(DataType from, DataType to) {
        if (from == to) {
            return true;
        }
        return switch (from) {
            case BOOL -> to != DataType.STRING;
            case FLOAT16, BFLOAT16 -> to == DataType.FLOAT || to == DataType.DOUBLE;
            case FLOAT -> to == DataType.DOUBLE;
            case INT8, UINT8, INT16 -> to == DataType.INT32 || to == DataType.INT64;
            case INT32 -> to == DataType.INT64;
            default -> false;
        };
    }
}
