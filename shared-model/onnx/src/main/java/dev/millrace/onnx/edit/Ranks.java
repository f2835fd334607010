package dev.millrace.onnx.edit;

import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Ranks of values, as far as declarations and simple operators tell; nothing is guessed. */
final class Ranks {
    private static final int MAX_STEPS = 64;
    private static final Set<String> KEEP_RANK = Set.of(
            "Relu",
            "Identity",
            "Softmax",
            "LogSoftmax",
            "Sigmoid",
            "Tanh",
            "Erf",
            "Sqrt",
            "Exp",
            "Cast",
            "Clip",
            "Dropout",
            "BatchNormalization",
            "LayerNormalization",
            "LeakyRelu",
            "HardSigmoid",
            "Slice",
            "Concat",
            "Pad",
            "AveragePool",
            "MaxPool",
            "GlobalAveragePool",
            "GlobalMaxPool",
            "InstanceNormalization",
            "Abs",
            "Neg",
            "Split");
    private static final Set<String> BROADCAST = Set.of("Add", "Sub", "Mul", "Div", "Pow", "MatMul");

    private Ranks() {}

    static OptionalInt of(Graph graph, String value) {
        return of(graph, value, 0);
    }

    private static OptionalInt of(Graph graph, String value, int steps) {
        var declared = graph.valueInfo(value).flatMap(info -> info.shape()).map(List<Dimension>::size);
        if (declared.isPresent()) {
            return OptionalInt.of(declared.get());
        }
        var constant = graph.constant(value);
        if (constant.isPresent()) {
            return OptionalInt.of(constant.get().rank());
        }
        var node = graph.producer(value);
        return node.isEmpty() || steps > MAX_STEPS ? OptionalInt.empty() : made(graph, node.get(), steps + 1);
    }

    private static OptionalInt made(Graph graph, Node node, int steps) {
        if (!node.domain().isEmpty()) {
            return OptionalInt.empty();
        }
        if (KEEP_RANK.contains(node.opType())) {
            return of(graph, node.input(0), steps);
        }
        if (BROADCAST.contains(node.opType())) {
            var first = of(graph, node.input(0), steps);
            var second = of(graph, node.input(1), steps);
            boolean known = first.isPresent() && second.isPresent();
            boolean vector = known && node.is("MatMul") && Math.min(first.getAsInt(), second.getAsInt()) < 2;
            return known && !vector
                    ? OptionalInt.of(Math.max(first.getAsInt(), second.getAsInt()))
                    : OptionalInt.empty();
        }
        return switch (node.opType()) {
            case "Gemm", "Flatten" -> OptionalInt.of(2);
            case "Conv", "ConvTranspose" -> of(graph, node.input(1), steps);
            case "Transpose" ->
                node.has("perm") ? OptionalInt.of(node.ints("perm").length) : of(graph, node.input(0), steps);
            case "Reshape" -> length(graph, node.input(1));
            case "Squeeze" -> shifted(of(graph, node.input(0), steps), axes(graph, node), -1);
            case "Unsqueeze" -> shifted(of(graph, node.input(0), steps), axes(graph, node), 1);
            default -> OptionalInt.empty();
        };
    }

    /** Number of axes that Squeeze or Unsqueeze names, as attribute or, since opset 13, as input. */
    private static OptionalInt axes(Graph graph, Node node) {
        return node.has("axes") ? OptionalInt.of(node.ints("axes").length) : length(graph, node.input(1));
    }

    private static OptionalInt shifted(OptionalInt rank, OptionalInt axes, int sign) {
        return rank.isPresent() && axes.isPresent()
                ? OptionalInt.of(rank.getAsInt() + sign * axes.getAsInt())
                : OptionalInt.empty();
    }

    /** Elements of a vector such as a shape: a constant, or vectors joined by Concat. */
    private static OptionalInt length(Graph graph, String vector) {
        var constant = graph.constant(vector);
        if (constant.isPresent()) {
            return OptionalInt.of(Math.toIntExact(constant.get().elements()));
        }
        var node = graph.producer(vector).orElse(null);
        if (node == null) {
            return OptionalInt.empty();
        }
        if (node.is("Cast")) {
            return length(graph, node.input(0));
        }
        if (node.is("Slice")) {
            return sliceLength(graph, node);
        }
        if (!node.is("Concat")) {
            return OptionalInt.empty();
        }
        int sum = 0;
        for (var input : node.inputs()) {
            var part = length(graph, input);
            if (part.isEmpty()) {
                return part;
            }
            sum += part.getAsInt();
        }
        return OptionalInt.of(sum);
    }

    /** Length of {@code shape[start:end]} where both are constant and count from the front. */
    private static OptionalInt sliceLength(Graph graph, Node node) {
        var start = graph.constant(node.input(1));
        var end = graph.constant(node.input(2));
        boolean plain = start.isPresent() && end.isPresent() && start.get().elements() == 1 && !node.hasInput(4);
        if (!plain) {
            return OptionalInt.empty();
        }
        long first = start.get().longs()[0];
        long last = end.get().longs()[0];
        return first >= 0 && last > first && last <= MAX_STEPS
                ? OptionalInt.of((int) (last - first))
                : OptionalInt.empty();
    }
}
