package dev.millrace.pruning.sparsity;

import dev.millrace.onnx.Tensor;

/** Reads the elements of a tensor in ascending order, a piece at a time. */
final class Elements {
    private static final int PIECE = 1 << 18;

    private final Tensor tensor;
    private float[] piece = {};
    private long first;

    Elements(Tensor tensor) {
        this.tensor = tensor;
    }

    /** @param index row-major */
    float at(long index) {
        if (index < first || index >= first + piece.length) {
            first = index;
            piece = tensor.floats(first, (int) Math.min(PIECE, tensor.elements() - first));
        }
        return piece[(int) (index - first)];
    }

    /** Number of elements that are zero. */
    static long zeros(Tensor tensor) {
        var elements = new Elements(tensor);
        long zeros = 0;
        for (long i = 0; i < tensor.elements(); i++) {
            zeros += elements.at(i) == 0 ? 1 : 0;
        }
        return zeros;
    }
}
