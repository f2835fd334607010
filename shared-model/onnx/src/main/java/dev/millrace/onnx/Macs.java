package dev.millrace.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Multiply-accumulates of a graph, counted from the shapes that one run showed.
 *
 * <p>Convolutions, matrix products, recurrent layers and their quantized forms count; element-wise operators and
 * reductions do not, as is usual for networks. One number or none: where a shape or an operator is unknown, nothing is
 * guessed.
 */
public final class Macs {
    /** Operators that multiply matrices inside and whose cost is not written down here. */
    private static final Set<String> UNCOUNTED =
            Set.of("MultiHeadAttention", "GroupQueryAttention", "QAttention", "DeformConv");

    private final Map<String, long[]> shapes;

    private Macs(Map<String, long[]> shapes) {
        this.shapes = shapes;
    }

    /**
     * Counts a graph and its subgraphs.
     *
     * @param shapes dims of values by name, seen while running; initializers may be missing
     * @return empty if a node that counts has an operand of unknown shape
     */
    public static OptionalLong of(Graph graph, Map<String, long[]> shapes) {
        var macs = new Macs(shapes);
        long sum = 0;
        for (var each : graph.graphs().toList()) {
            for (var node : each.nodes()) {
                var cost = macs.of(each, node);
                if (cost.isEmpty()) {
                    return cost;
                }
                sum += cost.getAsLong();
            }
        }
        return OptionalLong.of(sum);
    }

    /**
     * Counts one node; 0 for operators that do not count.
     *
     * @return empty if an operand's shape is unknown
     */
    public static OptionalLong of(Graph graph, Node node, Map<String, long[]> shapes) {
        return new Macs(shapes).of(graph, node);
    }

    private OptionalLong of(Graph graph, Node node) {
        return switch (node.opType()) {
            case "Conv", "ConvInteger", "FusedConv" ->
                product(dims(graph, node.output()), tail(dims(graph, node.input(1))));
            case "QLinearConv" -> product(dims(graph, node.output()), tail(dims(graph, node.input(3))));
            case "ConvTranspose" -> product(dims(graph, node.input(0)), tail(dims(graph, node.input(1))));
            case "MatMul", "MatMulInteger", "QLinearMatMul", "DynamicQuantizeMatMul", "MatMulIntegerToFloat" ->
                product(dims(graph, node.output()), last(dims(graph, node.input(0))));
            case "MatMulNBits" -> product(dims(graph, node.output()), new long[] {node.integer("K", 0)});
            case "Gemm", "QGemm", "FusedMatMul" -> product(dims(graph, node.output()), contracted(graph, node));
            case "LSTM", "DynamicQuantizeLSTM", "GRU", "RNN" -> recurrent(graph, node);
            case "Attention" -> node.domain().isEmpty() ? attention(graph, node) : packedAttention(graph, node);
            case "Einsum" -> einsum(graph, node);
            default -> UNCOUNTED.contains(node.opType()) ? OptionalLong.empty() : OptionalLong.of(0);
        };
    }

    private long @Nullable [] dims(Graph graph, String value) {
        var seen = shapes.get(value);
        return seen != null ? seen : graph.constant(value).map(Tensor::dims).orElse(null);
    }

    private long @Nullable [] contracted(Graph graph, Node node) {
        var a = dims(graph, node.input(0));
        if (a == null || a.length < 2) {
            return null;
        }
        return new long[] {a[node.integer("transA", 0) == 0 ? a.length - 1 : a.length - 2]};
    }

    /** X {@code (S, B, I)}, R {@code (D, G·H, H)}: every step multiplies with W {@code (D, G·H, I)} and with R. */
    private OptionalLong recurrent(Graph graph, Node node) {
        var x = dims(graph, node.input(0));
        var r = dims(graph, node.input(2));
        if (x == null || r == null || x.length != 3 || r.length != 3) {
            return OptionalLong.empty();
        }
        boolean transposed = node.opType().equals("DynamicQuantizeLSTM"); // R is (D, H, G·H) there
        long hidden = transposed ? r[1] : r[2];
        long gates = transposed ? r[2] : r[1];
        return OptionalLong.of(x[0] * x[1] * r[0] * gates * (x[2] + hidden));
    }

    /** Q {@code (B, H, S, D)} or {@code (B, S, H·D)}, K with T in place of S: products with keys, then with values. */
    private OptionalLong attention(Graph graph, Node node) {
        var q = dims(graph, node.input(0));
        var k = dims(graph, node.input(1));
        var y = dims(graph, node.output());
        if (q == null || k == null || y == null || node.hasInput(4)) {
            return OptionalLong.empty();
        }
        return OptionalLong.of((Tensor.product(q) + Tensor.product(y)) * k[k.length - 2]);
    }

    /** X {@code (B, S, C)}, W {@code (C, 3·H·D)}, Y {@code (B, S, H·D)}. */
    private OptionalLong packedAttention(Graph graph, Node node) {
        var x = dims(graph, node.input(0));
        var w = dims(graph, node.input(1));
        var y = dims(graph, node.output());
        if (x == null || w == null || y == null || node.hasInput(4)) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Tensor.product(x) * w[1] + 2 * Tensor.product(y) * x[1]);
    }

    /** The product of the sizes of all letters. */
    private OptionalLong einsum(Graph graph, Node node) {
        var operands =
                node.text("equation", "").replace(" ", "").split("->", -1)[0].split(",", -1);
        var sizes = new HashMap<Character, Long>();
        for (int operand = 0; operand < operands.length; operand++) {
            var dims = dims(graph, node.input(operand));
            if (dims == null || dims.length != operands[operand].length()) {
                return OptionalLong.empty();
            }
            for (int axis = 0; axis < dims.length; axis++) {
                sizes.put(operands[operand].charAt(axis), dims[axis]);
            }
        }
        return OptionalLong.of(sizes.values().stream().reduce(1L, Math::multiplyExact));
    }

    private static long @Nullable [] tail(long @Nullable [] dims) {
        return dims == null || dims.length < 2 ? null : Arrays.copyOfRange(dims, 1, dims.length);
    }

    private static long @Nullable [] last(long @Nullable [] dims) {
        return dims == null || dims.length == 0 ? null : new long[] {dims[dims.length - 1]};
    }

    private static OptionalLong product(long @Nullable [] a, long @Nullable [] b) {
        return a == null || b == null
                ? OptionalLong.empty()
                : OptionalLong.of(Math.multiplyExact(Tensor.product(a), Tensor.product(b)));
    }
}
