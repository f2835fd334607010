package dev.millrace.distillation;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.channel.AxisSquares;
import dev.millrace.onnx.channel.ChannelGroup;
import dev.millrace.onnx.channel.Cut;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The channels of a teacher by their worth: the squares of the weights that they run through, summed. */
final class Narrowing {
    private final List<ChannelGroup> groups;
    private final List<double[]> worth;

    Narrowing(Graph graph, List<ChannelGroup> groups) {
        this.groups = groups;
        this.worth = groups.stream().map(group -> worth(graph, group)).toList();
    }

    /** What goes when a share of each group stays: the channels of most worth, at least one. */
    Cut cut(double share) {
        var cut = new Cut();
        for (int g = 0; g < groups.size(); g++) {
            int size = groups.get(g).size();
            int stays = (int) Math.max(1, Math.round(size * share));
            var scores = worth.get(g);
            var goes = new BitSet(size);
            IntStream.range(0, size)
                    .boxed()
                    .sorted(Comparator.comparingDouble(channel -> scores[channel]))
                    .limit(size - stays)
                    .forEach(goes::set);
            cut.remove(groups.get(g), goes);
        }
        return cut;
    }

    private static double[] worth(Graph graph, ChannelGroup group) {
        var worth = new double[group.size()];
        group.slices()
                .forEach((axis, slices) -> graph.initializer(axis.value())
                        .filter(tensor -> tensor.rank() > 1 && tensor.type().isFloatingPoint())
                        .ifPresent(tensor -> {
                            var squares = squares(tensor, axis.number());
                            for (int channel = 0; channel < worth.length; channel++) {
                                worth[channel] += IntStream.of(slices.get(channel))
                                        .mapToDouble(index -> squares[index])
                                        .sum();
                            }
                        }));
        return worth;
    }

    /** Sum of squares for each index of an axis, as a share of the tensor's. */
    private static double[] squares(Tensor tensor, int axis) {
        var squares = AxisSquares.of(tensor, axis);
        double all = Double.MIN_NORMAL + Arrays.stream(squares).sum();
        for (int index = 0; index < squares.length; index++) {
            squares[index] /= all;
        }
        return squares;
    }
}
