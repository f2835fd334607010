package dev.millrace.onnx.op;

import dev.millrace.onnx.Tensor;
import org.jspecify.annotations.Nullable;

/** What the integers of a weight stand for. */
final class IntegerWeight {
    private IntegerWeight() {}

    /**
     * {@code (q − zero) · scale} for every element.
     *
     * @param scale one number, one for each index of the axis, or one for each block of indices
     * @param zero of the shape of the scale; absent means 0
     * @param block indices that share a scale; 0 where scales are not in blocks
     */
    static float[] numbers(Tensor weight, Tensor scale, @Nullable Tensor zero, int axis, int block) {
        var dims = weight.dims();
        long count = dims.length == 0 ? 1 : dims[axis];
        long inner = 1;
        for (int behind = axis + 1; behind < dims.length; behind++) {
            inner *= dims[behind];
        }
        var integers = weight.longs();
        var scales = scale.floats();
        var zeros = zero == null ? new long[scales.length] : zero.longs();
        var numbers = new float[integers.length];
        for (int i = 0; i < numbers.length; i++) {
            long index = i / inner % count;
            int at = scales.length == 1 ? 0 : (int) index;
            if (block > 0) {
                long blocks = (count + block - 1) / block;
                at = (int) ((i / (inner * count) * blocks + index / block) * inner + i % inner);
            }
            numbers[i] = (integers[i] - zeros[at]) * scales[at];
        }
        return numbers;
    }
}
