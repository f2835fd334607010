package dev.millrace.pruning;

import dev.millrace.engine.Latency;
import dev.millrace.engine.Value;
import dev.millrace.onnx.channel.Observation;
import dev.millrace.onnx.channel.Slicer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.DoubleFunction;

/**
 * Widths by their time in ONNX Runtime on this machine, as a multiple of the whole model's, both by turns. Operations that are
 * counted do not tell it: what is narrower may be slower.
 */
final class LatencySearch {
    private static final int TRIALS = 6;

    /** Times that what seems slower is measured. */
    private static final int MEASURED = 3;

    /** Time over what is left of the operations from which something is amiss. */
    private static final double LAGGING = 1.25;

    private static final double LEAST_MILLIS = 0.1;

    private final Subject subject;
    private final Observation seen;
    private final Map<String, Value> feed;

    LatencySearch(Subject subject, Observation seen, Map<String, Value> feed) {
        this.subject = subject;
        this.seen = seen;
        this.feed = feed;
    }

    /**
     * The widest of those tried that take no more than so much of the time; the fastest if none does.
     *
     * @param wanted time over the whole model's
     * @param choose widths for what is left of the operations, 0..1
     */
    int[] within(double wanted, Widths widths, DoubleFunction<int[]> choose) throws IOException {
        double low = 0;
        double high = 1;
        double left = wanted;
        int[] best = {};
        double time = Double.POSITIVE_INFINITY;
        for (int trial = 0; trial < TRIALS; trial++) {
            subject.context().progress(0.4 + 0.1 * trial / TRIALS, "measuring");
            var tried = choose.apply(left);
            double ratio = Arrays.equals(tried, best) ? time : ratio(widths, tried);
            boolean better = ratio <= wanted ? time > wanted || low < left : ratio < time;
            if (better) {
                best = tried;
                time = ratio;
            }
            if (ratio <= wanted) {
                low = left;
            } else {
                high = left;
            }
            left = (low + high) / 2;
        }
        return best;
    }

    /** Time of the model with some widths over the time of the whole. */
    double ratio(Widths widths, int[] chosen) throws IOException {
        return with(widths, chosen, this::ratio);
    }

    /** Time of the model with some widths over its time with others. */
    double ratio(Widths widths, int[] chosen, int[] over) throws IOException {
        return with(
                widths,
                chosen,
                file -> with(widths, over, other -> compared(other, file).ratio()));
    }

    /**
     * Whether the time falls so much less than the operations that some width may be slower than a wider one. What takes next
     * to no time is not told.
     *
     * @param left of the operations, 0..1
     */
    boolean lags(Widths widths, int[] chosen, double left) throws IOException {
        var latency = with(widths, chosen, file -> compared(subject.file(), file));
        return latency.baselineMillis() > LEAST_MILLIS && latency.ratio() > LAGGING * left;
    }

    /** Looks at a model. */
    private interface Look<T> {
        T at(Path model) throws IOException;
    }

    private <T> T with(Widths widths, int[] chosen, Look<T> look) throws IOException {
        var model = subject.model().copy();
        Slicer.apply(model, seen.copy(), widths.cut(chosen));
        var file = Files.createTempFile(subject.context().workDirectory(), "trial", ".onnx");
        try {
            model.write(file);
            return look.at(file);
        } finally {
            Files.delete(file);
        }
    }

    private Latency compared(Path baseline, Path candidate) throws IOException {
        return Latency.compare(baseline, candidate, feed, subject.context().threads());
    }

    /** Time of a model over the time of the whole; measured again where it seems slower, since others disturb. */
    double ratio(Path model) throws IOException {
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < MEASURED && least >= 1; i++) {
            least = Math.min(least, compared(subject.file(), model).ratio());
        }
        return least;
    }
}
