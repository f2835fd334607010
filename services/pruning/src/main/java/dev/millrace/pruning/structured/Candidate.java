package dev.millrace.pruning.structured;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.channel.ChannelGroup;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.stream.IntStream;

/** A group of channels, what each is worth, and the widths that it may have. */
final class Candidate {
    private final ChannelGroup group;
    private final double[] worth;

    /** The channels, those worth least first. */
    private final int[] order;

    private final int step;
    private final int least;

    private Candidate(ChannelGroup group, double[] worth, int[] order, int step, int least) {
        this.group = group;
        this.worth = worth;
        this.order = order;
        this.step = step;
        this.least = least;
    }

    /**
     * Widths are multiples of a step, or the whole.
     *
     * @param worth of each channel
     * @param multipleOf what the sizes of weights should be a multiple of: where a channel is several columns, as in heads,
     *     its number need not be
     * @param minimum least width
     */
    static Candidate of(Graph graph, ChannelGroup group, double[] worth, int multipleOf, int minimum) {
        int columns = group.slices().entrySet().stream()
                .filter(entry -> graph.initializer(entry.getKey().value())
                        .filter(tensor -> tensor.rank() > 1)
                        .isPresent())
                .mapToInt(entry -> entry.getValue().get(0).length)
                .min()
                .orElse(1);
        int step = multipleOf / commonDivisor(multipleOf, columns);
        var order = IntStream.range(0, worth.length)
                .boxed()
                .sorted(Comparator.comparingDouble(channel -> worth[channel]))
                .mapToInt(Integer::intValue)
                .toArray();
        return new Candidate(group, worth, order, step, rounded(minimum, step, worth.length));
    }

    private static int commonDivisor(int a, int b) {
        return b == 0 ? a : commonDivisor(b, a % b);
    }

    private static int rounded(long width, int step, int size) {
        return (int) Math.min(size, (width + step - 1) / step * step);
    }

    ChannelGroup group() {
        return group;
    }

    int size() {
        return worth.length;
    }

    /** The least width allowed that has room for so many channels. */
    int width(long wanted) {
        return rounded(Math.max(wanted, least), step, size());
    }

    /** The next narrower width; the same where there is none. */
    int narrower(int width) {
        return Math.max(least, (width - 1) / step * step);
    }

    /** The next wider width; the same where there is none. */
    int wider(int width) {
        return Math.min(size(), width + step);
    }

    /** What is lost between two widths. */
    double worth(int from, int to) {
        return Arrays.stream(order, size() - from, size() - to)
                .mapToDouble(channel -> worth[channel])
                .sum();
    }

    /** The channels that go where so many stay. */
    BitSet removed(int width) {
        var removed = new BitSet(size());
        Arrays.stream(order, 0, size() - width).forEach(removed::set);
        return removed;
    }

    /** The same, every channel worth so many times as much. */
    Candidate weighed(double factor) {
        var weighed = Arrays.stream(worth).map(each -> each * factor).toArray();
        return new Candidate(group, weighed, order, step, least);
    }

    /** The same, with another least width, one that it may have. */
    Candidate atLeast(int width) {
        return new Candidate(group, worth, order, step, width);
    }

    /** The same, with channels that are worth nothing: those that go where so many stay. */
    Candidate worthless(int width) {
        var changed = worth.clone();
        removed(width).stream().forEach(channel -> changed[channel] = 0);
        return new Candidate(group, changed, order, step, least);
    }
}
