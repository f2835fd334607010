package dev.millrace.pruning.structured;

import dev.millrace.engine.Value;
import dev.millrace.engine.moment.Vectors;
import dev.millrace.onnx.channel.Axis;
import dev.millrace.onnx.channel.ChannelGroup;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.pruning.weight.InputVectors;
import dev.millrace.pruning.weight.Weights;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a channel is worth to the layers that read it, by how much it varies on data. Cost: one run over the samples. Memory:
 * two numbers for each channel that a layer reads.
 */
final class ChannelActivity {
    /** A layer and the weight that it multiplies what it reads with. */
    private record Reader(Axis data, Axis weight) {}

    /** Sums over all positions of an axis. */
    private static final class Moments {
        private final double[] sums;
        private final double[] squares;
        private long count;

        Moments(int size) {
            sums = new double[size];
            squares = new double[size];
        }

        void add(Value value, int axis) {
            int inner = 1;
            for (int later = axis + 1; later < value.rank(); later++) {
                inner *= (int) value.dim(later);
            }
            var floats = value.floats();
            for (int i = 0; i < floats.capacity(); i++) {
                int index = i / inner % sums.length;
                float number = floats.get(i);
                sums[index] += number;
                squares[index] += (double) number * number;
            }
            count += value.size() / sums.length;
        }

        double variance(int index) {
            double mean = sums[index] / count;
            return Math.max(0, squares[index] / count - mean * mean);
        }
    }

    private final Subject subject;
    private final List<Reader> readers;

    private ChannelActivity(Subject subject, List<Reader> readers) {
        this.subject = subject;
        this.readers = readers;
    }

    /** @throws dev.millrace.message.RefusedException {@code MISSING_DATA}, {@code DATA_EMPTY} */
    static List<double[]> scores(Subject subject) throws IOException {
        var activity = new ChannelActivity(subject, readers(subject));
        var moments = activity.moments();
        return subject.groups().stream()
                .map(group -> activity.scores(group, moments))
                .toList();
    }

    private static List<Reader> readers(Subject subject) {
        var readers = new ArrayList<Reader>();
        for (var weight : Weights.of(subject.model(), false, NodeGlobs.of("ignored", List.of(), subject.model()))) {
            for (var use : weight.uses()) {
                InputVectors.of(weight, use)
                        .map(vectors -> new Reader(
                                new Axis(vectors.value(), axis(vectors)), new Axis(weight.name(), use.inputAxis())))
                        .ifPresent(readers::add);
            }
        }
        return readers;
    }

    /** Axis of the input channels, counted from the end where negative. */
    private static int axis(Vectors vectors) {
        return vectors instanceof Vectors.Along along ? along.axis() : 1;
    }

    private Map<Axis, Moments> moments() throws IOException {
        var values = new LinkedHashSet<String>();
        readers.stream()
                .map(reader -> reader.data().value())
                .filter(value -> subject.graph().producer(value).isPresent())
                .forEach(values::add);
        var moments = new HashMap<Axis, Moments>();
        try (var samples = Samples.of(subject.file(), values, subject.context())) {
            samples.forEach(
                    subject.samples(),
                    seen -> readers.stream()
                            .map(Reader::data)
                            .distinct()
                            .forEach(axis ->
                                    add(moments, axis, Objects.requireNonNull(seen.get(axis.value()), axis.value()))));
        }
        return moments;
    }

    private static void add(Map<Axis, Moments> moments, Axis axis, Value value) {
        int number = Math.floorMod(axis.number(), value.rank());
        moments.computeIfAbsent(axis, each -> new Moments((int) value.dim(number)))
                .add(value, number);
    }

    private double[] scores(ChannelGroup group, Map<Axis, Moments> moments) {
        var scores = new double[group.size()];
        for (var reader : readers) {
            var slices = group.slices().get(reader.weight());
            if (slices != null) {
                var lost = lost(reader, slices, Objects.requireNonNull(moments.get(reader.data())));
                double all = Arrays.stream(lost).sum();
                for (int channel = 0; channel < lost.length; channel++) {
                    scores[channel] += all == 0 ? 0 : lost[channel] / all;
                }
            }
        }
        return Arrays.stream(scores).sum() == 0 ? ChannelNorm.L2.scores(subject.graph(), group) : scores;
    }

    private double[] lost(Reader reader, List<int[]> slices, Moments seen) {
        var weight = subject.graph().initializer(reader.weight().value()).orElseThrow();
        var rows = ChannelNorm.rows(weight.floats(), weight, reader.weight().number());
        return slices.stream()
                .mapToDouble(slice -> Arrays.stream(slice)
                        .mapToDouble(index -> seen.variance(index) * square(rows[index]))
                        .sum())
                .toArray();
    }

    private static double square(float[] row) {
        double sum = 0;
        for (float each : row) {
            sum += (double) each * each;
        }
        return sum;
    }
}
