package dev.millrace.pruning.structured;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.channel.ChannelGroup;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a channel is worth by its weights alone: its share of each weight that it runs through, each weight counted alike, so
 * that the mean over a group is the number of weights.
 */
enum ChannelNorm {
    L1,
    L2,
    GEOMETRIC_MEDIAN,
    BATCH_NORM;

    /** One score for each channel. */
    double[] scores(Graph graph, ChannelGroup group) {
        var scores = new double[group.size()];
        for (var entry : group.slices().entrySet()) {
            graph.initializer(entry.getKey().value())
                    .filter(tensor -> counts(graph, group, tensor))
                    .flatMap(tensor -> numbers(graph, tensor)
                            .map(numbers ->
                                    of(rows(numbers, tensor, entry.getKey().number()), entry.getValue())))
                    .ifPresent(more -> add(scores, more));
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

    /** What a tensor of the graph stands for; integers through the DequantizeLinear that reads them. */
    private static Optional<float[]> numbers(Graph graph, Tensor tensor) {
        if (tensor.type().isFloatingPoint()) {
            return Optional.of(tensor.floats());
        }
        return graph.consumers(tensor.name()).stream()
                .filter(node -> node.is("DequantizeLinear") && node.input(0).equals(tensor.name()))
                .findFirst()
                .flatMap(node -> graph.constant(node.input(1))
                        .map(scale -> dequantized(
                                tensor,
                                Math.floorMod((int) node.integer("axis", 1), tensor.rank()),
                                scale.floats(),
                                graph.constant(node.input(2))
                                        .map(Tensor::floats)
                                        .orElse(new float[1]))));
    }

    private static float[] dequantized(Tensor tensor, int axis, float[] scales, float[] zeros) {
        int inner = 1;
        for (int later = axis + 1; later < tensor.rank(); later++) {
            inner *= (int) tensor.dim(later);
        }
        var numbers = tensor.floats();
        for (int i = 0; i < numbers.length; i++) {
            int row = i / inner % (int) tensor.dim(axis);
            numbers[i] = (numbers[i] - zeros[row % zeros.length]) * scales[row % scales.length];
        }
        return numbers;
    }

    private double[] of(float[][] rows, List<int[]> slices) {
        return slices.stream()
                .mapToDouble(slice -> this == GEOMETRIC_MEDIAN ? distance(rows, slice, slices) : norm(rows, slice))
                .toArray();
    }

    /**
     * Numbers of a tensor's elements as one row for each index of an axis.
     *
     * @param tensor whose dims they have
     */
    static float[][] rows(float[] values, Tensor tensor, int axis) {
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
