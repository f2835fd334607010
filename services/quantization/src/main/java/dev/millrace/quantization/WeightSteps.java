package dev.millrace.quantization;

import dev.millrace.onnx.Tensor;
import java.util.Arrays;

/**
 * The steps in which a weight is rounded: {@code w ≈ scale[c]·q} with q from {@link #low} to {@link #high}.
 *
 * @param scales one per index of the axis, or one
 * @param axis −1 for one scale
 * @param bits 2 to 8
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier, not to be compared
record WeightSteps(float[] scales, int axis, int bits) {
    private static final int CANDIDATES = 40;

    /** Smallest number; symmetric where there are enough, so that no sum is biased. */
    int low() {
        return bits > 4 ? -high() : -high() - 1;
    }

    int high() {
        return (1 << (bits - 1)) - 1;
    }

    WeightSteps with(float[] others) {
        return new WeightSteps(others, axis, bits);
    }

    /** The steps with the least mean-square error: a few large weights are better cut off when there are few bits. */
    static WeightSteps of(Tensor weight, int axis, int bits) {
        var values = weight.floats();
        int channels = axis < 0 ? 1 : (int) weight.dim(axis);
        int inner = axis < 0 ? values.length : Int8Weight.inner(weight, axis);
        var steps = new WeightSteps(Int8Weight.scales(values, channels, inner), axis, bits);
        var largest = steps.scales.clone();
        var least = new double[channels];
        Arrays.fill(least, Double.POSITIVE_INFINITY);
        for (int i = 0; i < CANDIDATES; i++) {
            float factor = (1 - i / (float) CANDIDATES) * Int8Weight.LARGEST / steps.high();
            var errors = steps.squaredErrors(values, inner, largest, factor);
            for (int c = 0; c < channels; c++) {
                if (errors[c] < least[c]) {
                    least[c] = errors[c];
                    steps.scales[c] = largest[c] * factor;
                }
            }
        }
        return steps;
    }

    private double[] squaredErrors(float[] values, int inner, float[] largest, float factor) {
        var errors = new double[largest.length];
        for (int i = 0; i < values.length; i++) {
            int c = i / inner % largest.length;
            float scale = largest[c] * factor;
            double error = values[i] - scale * rounded(values[i], scale);
            errors[c] += error * error;
        }
        return errors;
    }

    /** The number that stands for a value, ties to even as in training. */
    int rounded(float value, float scale) {
        return (int) Math.min(high(), Math.max(low(), Math.rint(value / scale)));
    }
}
