package dev.millrace.pruning;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.channel.ChannelGroup;
import dev.millrace.onnx.channel.Cut;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How many channels of each group go, for any share of all.
 *
 * @param scores worth of each channel of each group
 * @param together whether channels of all groups are ranked together
 * @param multipleOf widths are rounded up to multiples
 * @param minimum least width
 */
record Widths(
        Graph graph, List<ChannelGroup> groups, List<double[]> scores, boolean together, int multipleOf, int minimum) {

    /** Channels that go, for each group, when {@code share} of them should. */
    List<BitSet> removed(double share) {
        double threshold = threshold(share);
        var removed = new ArrayList<BitSet>();
        for (int g = 0; g < groups.size(); g++) {
            int size = groups.get(g).size();
            long wanted = together
                    ? Arrays.stream(scores.get(g))
                            .filter(score -> score > threshold)
                            .count()
                    : Math.round(size * (1 - share));
            removed.add(least(scores.get(g), size - kept(groups.get(g), wanted)));
        }
        return removed;
    }

    /** What goes in all groups. */
    Cut cut(double share) {
        var cut = new Cut();
        var removed = removed(share);
        for (int g = 0; g < groups.size(); g++) {
            cut.remove(groups.get(g), removed.get(g));
        }
        return cut;
    }

    private double threshold(double share) {
        var all = scores.stream().flatMapToDouble(Arrays::stream).sorted().toArray();
        int count = (int) Math.round(share * all.length);
        return count == 0 ? Double.NEGATIVE_INFINITY : all[count - 1];
    }

    private int kept(ChannelGroup group, long wanted) {
        int step = step(group);
        long rounded = (Math.max(wanted, minimum) + step - 1) / step * step;
        return (int) Math.min(group.size(), rounded);
    }

    /** Channels by which the narrowest weight of the group changes by a multiple: heads are many columns each. */
    private int step(ChannelGroup group) {
        int columns = group.slices().entrySet().stream()
                .filter(entry -> graph.initializer(entry.getKey().value())
                        .filter(tensor -> tensor.rank() > 1)
                        .isPresent())
                .mapToInt(entry -> entry.getValue().get(0).length)
                .min()
                .orElse(1);
        int a = multipleOf;
        int b = columns;
        while (b != 0) {
            int rest = a % b;
            a = b;
            b = rest;
        }
        return multipleOf / a;
    }

    private static BitSet least(double[] scores, int count) {
        var least = new BitSet(scores.length);
        IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble(channel -> scores[channel]))
                .limit(count)
                .forEach(least::set);
        return least;
    }
}
