package dev.millrace.onnx.gate;

import dev.millrace.onnx.Tensor;
import java.util.Arrays;

/** Weights, biases and scales must have the lengths that kernels read, or they read beyond them. */
final class ParameterRules {
    private ParameterRules() {}

    static void convolution(NodeCheck check) {
        SizeRules.window(check);
        check.range("group", 1, Integer.MAX_VALUE);
        check.range("offset_group", 1, Integer.MAX_VALUE);
        long group = check.isSet("group") ? check.node().integer("group", 1) : 1;
        boolean quantized = check.node().is("QLinearConv");
        check.constant(quantized ? 3 : 1).ifPresent(weight -> {
            check.require(weight.rank() >= 3, "PARAMETER_LENGTH", "weight " + weight, "at least 3 axes");
            check.require(
                    weight.dim(0) % group == 0, "ATTRIBUTE_RANGE", "group=" + group, "a divisor of " + weight.dim(0));
            var kernel = check.node().ints("kernel_shape");
            for (int axis = 0; axis < kernel.length; axis++) {
                check.require(
                        axis + 2 < weight.rank() && weight.dim(axis + 2) == kernel[axis],
                        "PARAMETER_LENGTH",
                        "kernel_shape " + Arrays.toString(kernel),
                        "the kernel of weight " + weight);
            }
            long filters = check.node().is("ConvTranspose") ? weight.dim(1) * group : weight.dim(0);
            int bias = quantized ? 8 : check.node().is("DeformConv") ? 3 : 2;
            if (!check.node().is("ConvInteger")) {
                check.sameLength(bias, filters, "bias");
            }
        });
    }

    static void gemm(NodeCheck check) {
        long transposed = check.node().integer("transB", 0);
        check.constant(1).ifPresent(weight -> {
            check.require(weight.rank() == 2, "PARAMETER_LENGTH", "B " + weight, "2 axes");
            long columns = weight.dim(transposed == 0 ? 1 : 0);
            check.constant(2)
                    .ifPresent(bias -> check.require(
                            bias.rank() <= 2 && (bias.rank() == 0 || bias.dim(-1) == columns || bias.dim(-1) == 1),
                            "PARAMETER_LENGTH",
                            "C " + bias,
                            "(" + columns + ") or broadcast to it"));
        });
    }

    static void normalization(NodeCheck check) {
        if (check.node().integer("spatial", 1) != 0) {
            check.constant(1).ifPresent(scale -> {
                check.sameLength(2, scale.elements(), "bias");
                check.sameLength(3, scale.elements(), "mean");
                check.sameLength(4, scale.elements(), "variance");
            });
        }
    }

    /** W {@code (D, G·H, I)}, R {@code (D, G·H, H)}, B {@code (D, 2·G·H)}; D directions, G gates, H hidden. */
    static void recurrent(NodeCheck check) {
        check.range("hidden_size", 1, 1 << 20);
        long gates = check.node().is("LSTM") ? 4 : check.node().is("GRU") ? 3 : 1;
        check.constant(2).filter(recurrence -> recurrence.rank() == 3).ifPresent(recurrence -> {
            long hidden = recurrence.dim(2);
            check.require(
                    recurrence.dim(1) == gates * hidden && check.node().integer("hidden_size", hidden) == hidden,
                    "PARAMETER_LENGTH",
                    "R " + recurrence,
                    "(directions, " + gates + "·hidden, hidden)");
            check.constant(1)
                    .ifPresent(weight -> check.require(
                            weight.rank() == 3 && weight.dim(1) == gates * hidden && weight.dim(0) == recurrence.dim(0),
                            "PARAMETER_LENGTH",
                            "W " + weight,
                            "(directions, " + gates * hidden + ", inputs)"));
            check.constant(3)
                    .ifPresent(bias -> check.require(
                            bias.rank() == 2 && bias.dim(1) == 2 * gates * hidden && bias.dim(0) == recurrence.dim(0),
                            "PARAMETER_LENGTH",
                            "B " + bias,
                            "(directions, " + 2 * gates * hidden + ")"));
        });
    }

    static void quantization(NodeCheck check) {
        check.range("block_size", 0, Integer.MAX_VALUE);
        check.constant(1)
                .ifPresent(scale -> check.constant(2)
                        .ifPresent(zero -> check.require(
                                zero.elements() == scale.elements(),
                                "PARAMETER_LENGTH",
                                "zero point " + zero,
                                "the shape of scale " + scale)));
        if (check.node().integer("block_size", 0) == 0) {
            check.constant(0).ifPresent(values -> check.constant(1).ifPresent(scale -> perAxis(check, values, scale)));
        }
    }

    private static void perAxis(NodeCheck check, Tensor values, Tensor scale) {
        if (scale.rank() == 1 && scale.elements() != 1) {
            long axis = check.node().integer("axis", 1);
            long counted = axis < 0 ? axis + values.rank() : axis;
            check.require(
                    counted >= 0 && counted < values.rank() && values.dim((int) counted) == scale.elements(),
                    "PARAMETER_LENGTH",
                    "scale " + scale + " on axis " + axis,
                    "the length of that axis of " + values);
        }
    }
}
