package dev.millrace.onnx.gate;

import dev.millrace.onnx.DataType;
import java.util.Optional;

/** Windows, ranges, paddings and scales that would take forever or fill the memory. */
final class SizeRules {
    private static final long MAX_EXTENT = 1 << 16;

    private SizeRules() {}

    /** Kernels, strides and pads of convolutions and pools. */
    static void window(NodeCheck check) {
        check.ranges("kernel_shape", 1, MAX_EXTENT);
        check.ranges("block_shape", 1, MAX_EXTENT);
        check.ranges("strides", 1, Integer.MAX_VALUE);
        check.ranges("dilations", 1, MAX_EXTENT);
        check.ranges("pads", -MAX_EXTENT, MAX_EXTENT);
        long elements = 1;
        for (var extent : check.node().ints("kernel_shape")) {
            elements = NodeCheck.saturatedProduct(elements, extent);
        }
        check.require(
                elements <= check.limits().windowElements(),
                "ATTRIBUTE_RANGE",
                "a window of " + elements + " elements",
                "at most " + check.limits().windowElements());
    }

    static void range(NodeCheck check) {
        var start = check.integers(0);
        var limit = check.integers(1);
        var delta = check.integers(2);
        delta.ifPresent(
                step -> check.require(step.length == 1 && step[0] != 0, "ATTRIBUTE_RANGE", "delta 0", "another"));
        if (isScalar(start) && isScalar(limit) && isScalar(delta)) {
            double count = ((double) limit.get()[0] - start.get()[0]) / delta.get()[0];
            check.require(
                    count <= check.limits().valueBytes(),
                    "VALUE_TOO_LARGE",
                    "a range of " + (long) count + " elements",
                    "at most " + check.limits().valueBytes());
        }
    }

    static void padding(NodeCheck check) {
        check.ranges("pads", -Integer.MAX_VALUE, 1 << 24);
        check.integers(1).ifPresent(pads -> {
            for (var pad : pads) {
                check.require(Math.abs(pad) <= 1 << 24, "VALUE_TOO_LARGE", "padding by " + pad, "at most " + (1 << 24));
            }
        });
    }

    static void resize(NodeCheck check) {
        check.integers(3).ifPresent(sizes -> check.size(sizes, "sizes"));
        for (int input = 1; input <= 2; input++) {
            var scales = check.constant(input)
                    .filter(tensor -> tensor.type() == DataType.FLOAT
                            && tensor.elements() <= check.limits().rank());
            if (scales.isPresent() && (input == 2 || check.node().inputs().size() == 2)) {
                for (var scale : scales.get().floats()) {
                    check.require(
                            scale > 0 && scale <= 1024, "ATTRIBUTE_RANGE", "scale " + scale, "above 0, at most 1024");
                }
            }
        }
    }

    static void regions(NodeCheck check) {
        check.range("output_height", 1, 8192);
        check.range("output_width", 1, 8192);
        check.range("sampling_ratio", 0, 1024);
        check.ranges("pooled_shape", 1, 8192);
    }

    private static boolean isScalar(Optional<long[]> values) {
        return values.isPresent() && values.get().length == 1;
    }
}
