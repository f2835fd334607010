package dev.millrace.onnx.gate;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Least number of elements that values are known to have: bombs are often chains, each step harmless.
 *
 * <p>Follows Tile, Expand, ConstantOfShape, Resize and operators that keep or join sizes; everything else starts again at
 * one element.
 */
final class ConstantSizes {
    private static final Set<String> KEEP_SIZE = Set.of(
            "Identity",
            "Relu",
            "Cast",
            "Sigmoid",
            "Tanh",
            "Exp",
            "Sqrt",
            "Neg",
            "Abs",
            "Erf",
            "Reshape",
            "Transpose",
            "Flatten",
            "Squeeze",
            "Unsqueeze",
            "Softmax",
            "Clip",
            "Dropout");
    private static final Set<String> BROADCAST = Set.of("Add", "Sub", "Mul", "Div", "Pow", "Where", "Max", "Min");

    private final Graph graph;
    private final Limits limits;
    private final Map<String, Long> elements = new HashMap<>();

    ConstantSizes(Graph graph, Limits limits) {
        this.graph = graph;
        this.limits = limits;
    }

    void add(Node node) {
        if (!node.domain().isEmpty()) {
            return;
        }
        long size = made(node);
        if (size > limits.valueBytes()) {
            throw new RefusedException(
                    "VALUE_TOO_LARGE",
                    node.toString(),
                    "at least " + size + " elements",
                    "at most " + limits.valueBytes());
        }
        if (size > 1) {
            elements.put(node.output(), size);
        }
    }

    private long made(Node node) {
        var type = node.opType();
        if (KEEP_SIZE.contains(type)) {
            return of(node.input(0));
        }
        if (BROADCAST.contains(type)) {
            return node.inputs().stream().mapToLong(this::of).max().orElse(1);
        }
        return switch (type) {
            case "Tile" -> NodeCheck.saturatedProduct(of(node.input(0)), product(node.input(1)));
            case "Expand" -> Math.max(of(node.input(0)), product(node.input(1)));
            case "ConstantOfShape" -> product(node.input(0));
            case "Concat" ->
                node.inputs().stream().mapToLong(this::of).reduce(0, (a, b) -> {
                    long sum = a + b;
                    return sum < 0 ? Long.MAX_VALUE : sum;
                });
            default -> 1;
        };
    }

    private long of(String value) {
        var known = elements.get(value);
        return known != null
                ? known
                : graph.constant(value).map(Tensor::elements).orElse(1L);
    }

    /** Product of a constant shape; unknown and open dimensions count as one. */
    private long product(String shape) {
        long product = 1;
        var dims = graph.constant(shape)
                .filter(tensor -> tensor.type().isInteger() && tensor.elements() <= limits.rank())
                .map(Tensor::longs);
        for (var dim : dims.orElse(new long[0])) {
            product = NodeCheck.saturatedProduct(product, Math.max(1, dim));
        }
        return product;
    }
}
