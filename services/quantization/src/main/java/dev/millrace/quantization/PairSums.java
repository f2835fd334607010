package dev.millrace.quantization;

import dev.millrace.onnx.Tensor;

/**
 * How large the scales of a weight must be for processors whose 8-bit products saturate.
 *
 * <p>Without VNNI, x86 sums two neighbouring products in 16 bits ({@code vpmaddubsw}), which holds {@code 255·q₁ + 255·q₂} if
 * {@code q₁ + q₂ ≤ 128}. Weights of 7 bits always fit, and lose half of their precision. Only neighbours of equal sign can
 * overflow, and the largest weights are seldom neighbours: limiting each channel's scale by its own largest pair keeps two
 * thirds of that loss away. Depthwise Conv is no matrix product and does not saturate.
 */
final class PairSums {
    /** One less than what fits, for rounding. */
    private static final int LARGEST_PAIR = 127;

    private PairSums() {}

    /** Least scale for each output channel of a layer; nothing if its kernel does not saturate. */
    static float[] leastScales(Layer layer) {
        var weight = layer.weight();
        if (layer.is("ConvTranspose") || isDepthwise(layer)) {
            return new float[0];
        }
        var values = weight.floats();
        if (layer.channelAxis() < 0) {
            return byMatrices(weight, values);
        }
        return layer.channelAxis() == 0 ? byRows(weight, values) : byColumns(weight, values);
    }

    /** One filter for each channel; a Conv that reads a single channel is a matrix product like any other. */
    private static boolean isDepthwise(Layer layer) {
        long groups = layer.node().integer("group", 1);
        return layer.is("Conv")
                && groups > 1
                && groups == layer.weight().dim(0)
                && layer.weight().dim(1) == 1;
    }

    /** {@code (E, …)}: one limit for each E, as if any two of its weights met. */
    private static float[] byMatrices(Tensor weight, float[] values) {
        var least = new float[(int) weight.dim(0)];
        int length = values.length / Math.max(1, least.length);
        for (int i = 0; i < values.length; i++) {
            least[i / length] = Math.max(least[i / length], 2 * Math.abs(values[i]) / LARGEST_PAIR);
        }
        return least;
    }

    /** {@code (M, C, k…)}: the kernel runs over the taps and, inside, over C. */
    private static float[] byRows(Tensor weight, float[] values) {
        int rows = (int) weight.dim(0);
        int length = values.length / Math.max(1, rows);
        int channels = (int) weight.dim(1);
        int taps = length / Math.max(1, channels);
        var least = new float[rows];
        for (int m = 0; m < rows; m++) {
            float most = 0;
            for (int k = 0; k < length; k += 2) {
                float first = values[m * length + k % channels * taps + k / channels];
                int next = k + 1;
                float second = next < length ? values[m * length + next % channels * taps + next / channels] : 0;
                most = Math.max(most, pair(first, second));
            }
            least[m] = most / LARGEST_PAIR;
        }
        return least;
    }

    /** {@code (K, M)}. */
    private static float[] byColumns(Tensor weight, float[] values) {
        int columns = (int) weight.dim(1);
        var least = new float[columns];
        for (int start = 0; start < values.length; start += 2 * columns) {
            for (int m = 0; m < columns; m++) {
                int next = start + columns + m;
                float second = next < values.length ? values[next] : 0;
                least[m] = Math.max(least[m], pair(values[start + m], second) / LARGEST_PAIR);
            }
        }
        return least;
    }

    /** The largest sum that products with numbers from 0 to 1 can have, of either sign. */
    private static float pair(float a, float b) {
        float positive = Math.max(0, a) + Math.max(0, b);
        float negative = Math.max(0, -a) + Math.max(0, -b);
        return Math.max(positive, negative);
    }
}
