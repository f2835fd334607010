package dev.millrace.onnx.script;

import dev.millrace.onnx.Tensor;

/** Tells weights from other float constants. */
final class Weights {
    private static final float MASK = -1e4f;

    private Weights() {}

    /**
     * Whether a float tensor is a weight: it has an axis, it is more than one number or an initializer, and it is no
     * attention mask. Single numbers in Constant nodes are the {@code 0.5} and {@code √2} of formulas.
     */
    static boolean likely(Tensor tensor, boolean initializer) {
        boolean shaped = tensor.rank() > 0 && (tensor.elements() > 1 || initializer);
        return tensor.type().isFloatingPoint() && tensor.elements() > 0 && shaped && !isMask(tensor);
    }

    /** Two different numbers, one of them very negative. */
    private static boolean isMask(Tensor tensor) {
        long elements = tensor.elements();
        float first = tensor.scalar();
        float second = first;
        for (long at = 0; at < elements; at += 1024) {
            for (float value : tensor.floats(at, (int) Math.min(1024, elements - at))) {
                if (value != first && second != first && value != second) {
                    return false;
                }
                second = value == first ? second : value;
            }
        }
        return Math.min(first, second) <= MASK;
    }
}
