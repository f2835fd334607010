package dev.millrace.onnx.edit;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Takes a model with QuantizeLinear and DequantizeLinear nodes back to float: integer weights become the floats that they
 * stand for, and values between layers are no longer rounded. Models of other quantized operators stay as they are.
 *
 * <p>Quantizers leave out a Relu where integers begin at zero anyway; it comes back.
 */
public final class FloatForm {
    private static final Set<String> SIGNED = Set.of("Conv", "ConvTranspose", "MatMul", "Gemm", "Add", "Sub");

    private FloatForm() {}

    /**
     * Edits the main graph in place.
     *
     * @return number of nodes removed
     */
    public static int restore(Model model) {
        var graph = model.graph();
        int before = graph.nodes().size();
        for (var node : List.copyOf(graph.nodes())) {
            if (node.is("DequantizeLinear") && !graph.isOutput(node.output())) {
                graph.constant(node.input(0))
                        .ifPresentOrElse(
                                weight -> floats(graph, node, weight).ifPresent(floats -> {
                                    graph.remove(node);
                                    graph.put(floats);
                                }),
                                () -> graph.producer(node.input(0))
                                        .filter(rounding -> rounding.is("QuantizeLinear"))
                                        .ifPresent(rounding -> pass(graph, rounding, node)));
            }
        }
        graph.removeDead();
        return before - graph.nodes().size();
    }

    private static void pass(Graph graph, Node rounding, Node back) {
        var value = rounding.input(0);
        boolean signed = graph.producer(value)
                .filter(producer -> SIGNED.contains(producer.opType()))
                .isPresent();
        if (signed && startsAtZero(graph, rounding)) {
            graph.replace(back, Node.of("Relu", back.output() + "_relu", List.of(value), List.of(back.output())));
        } else {
            graph.remove(back);
            graph.replaceUses(back.output(), value);
        }
    }

    private static boolean startsAtZero(Graph graph, Node rounding) {
        var zero = rounding.hasInput(2) ? graph.constant(rounding.input(2)) : Optional.<Tensor>empty();
        return zero.filter(point -> point.elements() == 1 && point.longs()[0] == lowest(point.type()))
                .isPresent();
    }

    private static long lowest(DataType type) {
        return switch (type) {
            case INT4 -> -8;
            case INT8 -> Byte.MIN_VALUE;
            case INT16 -> Short.MIN_VALUE;
            case UINT4, UINT8, UINT16 -> 0;
            default -> Long.MIN_VALUE;
        };
    }

    /** {@code (x − zero point) · scale}; empty where scale or zero point are computed. */
    private static Optional<Tensor> floats(Graph graph, Node node, Tensor weight) {
        var scale = graph.constant(node.input(1));
        var zero = node.hasInput(2) ? graph.constant(node.input(2)) : Optional.<Tensor>empty();
        if (scale.isEmpty()
                || zero.isPresent() != node.hasInput(2)
                || !weight.type().isInteger()) {
            return Optional.empty();
        }
        var dims = weight.dims();
        var steps = scale.get().dims();
        int axis = Math.floorMod((int) node.integer("axis", 1), Math.max(1, dims.length));
        int block = (int) node.integer("block_size", 0);
        var scales = scale.get().floats();
        var zeros = zero.map(Tensor::longs).orElseGet(() -> new long[scales.length]);
        var integers = weight.longs();
        var floats = new float[integers.length];
        int inner = size(dims, axis + 1, dims.length);
        int length = dims.length == 0 ? 1 : (int) dims[axis];
        for (int i = 0; i < floats.length; i++) {
            int at = i / inner % length;
            int step = scales.length == 1 ? 0 : at;
            if (block > 0) {
                step = (i / inner / length * (int) steps[axis] + at / block) * inner + i % inner;
            }
            floats[i] = (integers[i] - zeros[step]) * scales[step];
        }
        return Optional.of(Tensor.floats(node.output(), scale.get().type(), floats, dims));
    }

    private static int size(long[] dims, int from, int to) {
        return from >= to ? 1 : (int) Arrays.stream(dims, from, to).reduce(1, Math::multiplyExact);
    }
}
