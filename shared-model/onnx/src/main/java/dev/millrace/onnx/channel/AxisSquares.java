package dev.millrace.onnx.channel;

import dev.millrace.onnx.Tensor;

/** What each index of an axis has of a tensor, by squares. */
public final class AxisSquares {
    private AxisSquares() {}

    /**
     * {@code s[i] = Σ w²} over the elements at index i of an axis.
     *
     * @param tensor of floats
     * @param axis 0 ≤ axis &lt; rank
     */
    public static double[] of(Tensor tensor, int axis) {
        var values = tensor.floats();
        int inner = 1;
        for (int later = axis + 1; later < tensor.rank(); later++) {
            inner *= (int) tensor.dim(later);
        }
        var squares = new double[(int) tensor.dim(axis)];
        for (int i = 0; i < values.length; i++) {
            squares[i / inner % squares.length] += (double) values[i] * values[i];
        }
        return squares;
    }
}
