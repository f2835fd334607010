package dev.millrace.pruning.structured;

import dev.millrace.engine.Latency;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.channel.Cut;
import dev.millrace.onnx.channel.Observation;
import dev.millrace.onnx.channel.Slicer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleFunction;
import org.jspecify.annotations.Nullable;

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

    /** Time over that of something else from which on it is not just another measurement. */
    private static final double CLEARLY = 0.95;

    private static final double LEAST_MILLIS = 0.1;

    /** Samples of a batch that widths are measured with beside one sample. */
    private static final int SEVERAL = 16;

    private final Subject subject;
    private final Observation seen;
    private final Map<String, Value> feed;

    /** The same sample several times, empty where the model takes one; absent until somebody asks. */
    private @Nullable Map<String, Value> several;

    LatencySearch(Subject subject, Observation seen, Map<String, Value> feed) {
        this.subject = subject;
        this.seen = seen;
        this.feed = feed;
    }

    private Map<String, Value> several() throws IOException {
        if (several == null) {
            several = takesSeveral() ? repeated() : Map.of();
        }
        return several;
    }

    private Map<String, Value> repeated() {
        var more = new LinkedHashMap<String, Value>();
        feed.forEach((name, value) -> more.put(name, Value.concatenate(Collections.nCopies(SEVERAL, value))));
        return more;
    }

    /** What the inputs promise is tried: a batch of one may be written down inside. */
    private boolean takesSeveral() throws IOException {
        boolean batches = subject.graph().inputs().stream()
                .filter(input -> feed.containsKey(input.name()))
                .allMatch(input -> input.shape()
                        .filter(dims -> !dims.isEmpty() && !dims.get(0).isFixed())
                        .isPresent());
        if (!batches || !feed.values().stream().allMatch(value -> value.dim(0) == 1)) {
            return false;
        }
        try (var session = OrtSession.open(
                subject.file(), SessionSettings.threads(subject.context().threads()))) {
            session.run(repeated()).close();
            return true;
        } catch (RefusedException e) {
            return false;
        }
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
    private double ratio(Widths widths, int[] chosen) throws IOException {
        return with(widths.cut(chosen), this::ratio);
    }

    /** Whether the model after one cut is faster than after another, for one sample and for several. */
    boolean isClearlyFaster(Cut tried, Cut over) throws IOException {
        return with(tried, file -> with(over, other -> isClearlyFaster(file, other)));
    }

    /** The same of models that are written; two of three measurements decide, since others disturb. */
    boolean isClearlyFaster(Path tried, Path over) throws IOException {
        boolean first = seemsFaster(tried, over);
        return seemsFaster(tried, over) == first ? first : seemsFaster(tried, over);
    }

    private boolean seemsFaster(Path tried, Path over) throws IOException {
        return slower(over, tried).ratio() < CLEARLY;
    }

    /**
     * Whether the time, for one sample or for several, falls so much less than the operations that some width may be slower
     * than a wider one. What takes next to no time is not told.
     *
     * @param left of the operations, 0..1
     */
    boolean lags(Cut cut, double left) throws IOException {
        return with(cut, file -> lags(file, left));
    }

    /** The same of a model that is written. Measured twice, since others disturb. */
    boolean lags(Path file, double left) throws IOException {
        boolean lags = seemsToLag(file, left);
        return lags && seemsToLag(file, left);
    }

    private boolean seemsToLag(Path file, double left) throws IOException {
        var latency = slower(subject.file(), file);
        return latency.baselineMillis() > LEAST_MILLIS && latency.ratio() > LAGGING * left;
    }

    /** Whether the model after a cut takes no longer than the whole, for one sample and for several. */
    boolean isNoSlower(Cut cut) throws IOException {
        return with(cut, file -> {
            boolean slower = true;
            for (int i = 0; i < MEASURED && slower; i++) { // others disturb
                slower = slower(subject.file(), file).ratio() > 1;
            }
            return !slower;
        });
    }

    /** Looks at a model. */
    private interface Look<T> {
        T at(Path model) throws IOException;
    }

    private <T> T with(Cut cut, Look<T> look) throws IOException {
        var model = subject.model().copy();
        Slicer.apply(model, seen.copy(), cut);
        var file = Files.createTempFile(subject.context().workDirectory(), "trial", ".onnx");
        try {
            model.write(file);
            return look.at(file);
        } finally {
            Files.delete(file);
        }
    }

    private Latency slower(Path baseline, Path candidate) throws IOException {
        int threads = subject.context().threads();
        var one = Latency.compare(baseline, candidate, feed, threads);
        if (several().isEmpty()) {
            return one;
        }
        var more = Latency.compare(baseline, candidate, several(), threads);
        return more.ratio() > one.ratio() ? more : one;
    }

    /** Time of a model over the time of the whole; measured again where it seems slower, since others disturb. */
    double ratio(Path model) throws IOException {
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < MEASURED && least >= 1; i++) {
            int threads = subject.context().threads();
            least = Math.min(
                    least, Latency.compare(subject.file(), model, feed, threads).ratio());
        }
        return least;
    }
}
