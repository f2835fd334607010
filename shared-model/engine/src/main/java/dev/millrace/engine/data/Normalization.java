package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.onnx.DataType;
import java.util.Arrays;
import java.util.List;

/**
 * {@code (x · scale − mean) / std}, with one mean and one std or one per channel.
 *
 * @param set whether any of them was given; if not, and scale is 1, values stay what they are
 */
record Normalization(double scale, List<Double> mean, List<Double> std, boolean set) {

    static Normalization of(DataOptions options, double scale) {
        var mean = list(options, "mean", 0);
        var std = list(options, "std", 1);
        double given = options.number("scale", Double.NaN);
        for (double deviation : std) {
            if (!(deviation > 0)) {
                throw options.refused("std", Double.toString(deviation), "numbers above 0");
            }
        }
        return new Normalization(
                Double.isNaN(given) ? scale : given,
                mean,
                std,
                !Double.isNaN(given) || !mean.equals(List.of(0.0)) || !std.equals(List.of(1.0)));
    }

    private static List<Double> list(DataOptions options, String name, double otherwise) {
        return Arrays.stream(options.numbers(name).orElse(new double[] {otherwise}))
                .boxed()
                .toList();
    }

    /** Whether it changes nothing. */
    boolean idle() {
        return !set && scale == 1;
    }

    /** @param channel index of the channel; ignored where there is one mean for all */
    float apply(double x, int channel) {
        return (float) ((x * scale - at(mean, channel)) / at(std, channel));
    }

    /** Means and deviations of so many channels, or of all alike. */
    void requireChannels(int channels, DataOptions options) {
        if (mean.size() > 1 && mean.size() != channels) {
            throw options.refused("mean", mean.size() + " numbers", "1 or " + channels);
        }
        if (std.size() > 1 && std.size() != channels) {
            throw options.refused("std", std.size() + " numbers", "1 or " + channels);
        }
    }

    /** All elements, channels along {@code axis}; the value itself when nothing changes. */
    Value apply(Value value, int axis) {
        if (idle()) {
            return value;
        }
        var result = Value.zeros(DataType.FLOAT, value.dims());
        var floats = result.floats();
        int inner = 1;
        for (int i = axis + 1; i < value.rank(); i++) {
            inner = Math.multiplyExact(inner, Math.toIntExact(value.dim(i)));
        }
        int channels = axis < value.rank() ? Math.toIntExact(value.dim(axis)) : 1;
        for (int i = 0, channel = 0; i < floats.capacity(); channel = (channel + 1) % channels) {
            double shift = at(mean, channel);
            double deviation = at(std, channel);
            for (int end = i + inner; i < end; i++) {
                floats.put(i, (float) ((value.number(i) * scale - shift) / deviation));
            }
        }
        return result;
    }

    private static double at(List<Double> numbers, int channel) {
        return numbers.get(numbers.size() == 1 ? 0 : channel);
    }
}
