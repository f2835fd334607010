package dev.millrace.pruning;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.channel.Axis;
import dev.millrace.onnx.channel.ChannelGroup;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a channel is worth: its share of each weight that it runs through, each weight counted alike, so that the mean over a
 * group is 1.
 */
enum Importance {
    /** {@code Σ|w|} (Li et al., "Pruning filters for efficient ConvNets", 2017). */
    L1,
    /** {@code √Σw²}. */
    L2,
    /** {@code Σ‖w − w'‖} over the other channels (He et al., "Filter pruning via geometric median", 2019). */
    GEOMETRIC_MEDIAN,
    /** {@code |γ|} of batch normalization (Liu et al., "Network slimming", 2017); L2 where there is none. */
    BATCH_NORM,
    /** Drawn at random: the control. */
    RANDOM;

    /** One score for each channel; higher is worth more. */
    double[] scores(Graph graph, ChannelGroup group, long seed) {
        if (this == RANDOM) {
            return new SplittableRandom(seed).doubles(group.size()).toArray();
        }
        var scores = new double[group.size()];
        for (var entry : group.slices().entrySet()) {
            graph.initializer(entry.getKey().value())
                    .filter(tensor -> tensor.type().isFloatingPoint() && counts(graph, group, tensor))
                    .ifPresent(tensor -> add(scores, of(tensor, entry.getKey(), entry.getValue())));
        }
        return scores;
    }

    private boolean counts(Graph graph, ChannelGroup group, Tensor tensor) {
        boolean scaled =
                this == BATCH_NORM && group.slices().keySet().stream().anyMatch(axis -> isScale(graph, axis.value()));
        return scaled ? isScale(graph, tensor.name()) : tensor.rank() > 1;
    }

    private static boolean isScale(Graph graph, String name) {
        return graph.consumers(name).stream()
                .anyMatch(node -> node.is("BatchNormalization") && node.input(1).equals(name));
    }

    /** Adds what one weight says, its mean made 1. */
    private static void add(double[] scores, double[] more) {
        double mean = Arrays.stream(more).average().orElse(0);
        for (int channel = 0; channel < scores.length; channel++) {
            scores[channel] += mean == 0 ? 0 : more[channel] / mean;
        }
    }

    private double[] of(Tensor tensor, Axis axis, List<int[]> slices) {
        var rows = rows(tensor, axis.number());
        return slices.stream()
                .mapToDouble(slice -> this == GEOMETRIC_MEDIAN ? distance(rows, slice, slices) : norm(rows, slice))
                .toArray();
    }

    /** The tensor as one row for each index of the axis. */
    private static float[][] rows(Tensor tensor, int axis) {
        var values = tensor.floats();
        int inner = 1;
        for (int later = axis + 1; later < tensor.rank(); later++) {
            inner *= (int) tensor.dim(later);
        }
        int size = (int) tensor.dim(axis);
        var rows = new float[size][values.length / size];
        for (int i = 0; i < values.length; i++) {
            int outer = i / (inner * size);
            rows[i / inner % size][outer * inner + i % inner] = values[i];
        }
        return rows;
    }

    private double norm(float[][] rows, int[] slice) {
        double sum = 0;
        for (int index : slice) {
            for (float value : rows[index]) {
                sum += this == L1 ? Math.abs(value) : (double) value * value;
            }
        }
        return this == L1 ? sum : Math.sqrt(sum);
    }

    private static double distance(float[][] rows, int[] slice, List<int[]> slices) {
        double sum = 0;
        for (var other : slices) {
            double square = 0;
            for (int i = 0; i < slice.length; i++) {
                for (int j = 0; j < rows[slice[i]].length; j++) {
                    double difference = rows[slice[i]][j] - rows[other[i]][j];
                    square += difference * difference;
                }
            }
            sum += Math.sqrt(square);
        }
        return sum;
    }
}
