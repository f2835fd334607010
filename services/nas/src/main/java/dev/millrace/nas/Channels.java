package dev.millrace.nas;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.channel.Axis;
import dev.millrace.onnx.channel.AxisSquares;
import dev.millrace.onnx.channel.ChannelGroup;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The channels of a group by what they are worth: the norm of what they have of each weight, each weight counted alike. */
final class Channels {
    private final ChannelGroup group;
    private final int[] leastFirst;

    Channels(Graph graph, ChannelGroup group) {
        this.group = group;
        var worth = new double[group.size()];
        group.slices()
                .forEach((axis, slices) -> graph.initializer(axis.value())
                        .filter(tensor -> tensor.type().isFloatingPoint() && tensor.rank() > 1)
                        .ifPresent(tensor -> add(worth, norms(tensor, axis, slices))));
        leastFirst = IntStream.range(0, worth.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer channel) -> worth[channel]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    ChannelGroup group() {
        return group;
    }

    /** The channels that go when so many stay. */
    BitSet without(int kept) {
        var gone = new BitSet();
        IntStream.range(0, leastFirst.length - kept).forEach(i -> gone.set(leastFirst[i]));
        return gone;
    }

    private static void add(double[] worth, double[] norms) {
        double mean = Arrays.stream(norms).average().orElse(0);
        for (int channel = 0; channel < worth.length; channel++) {
            worth[channel] += mean == 0 ? 0 : norms[channel] / mean;
        }
    }

    private static double[] norms(Tensor tensor, Axis axis, List<int[]> slices) {
        var squares = AxisSquares.of(tensor, axis.number());
        return slices.stream()
                .mapToDouble(slice -> Math.sqrt(Arrays.stream(slice)
                        .mapToDouble(index -> squares[index])
                        .sum()))
                .toArray();
    }
}
