package dev.millrace.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Two models timed beside each other on one input.
 *
 * @param baselineMillis median of the original
 * @param candidateMillis median of the result
 */
public record Latency(double baselineMillis, double candidateMillis) {
    private static final long BUDGET_NANOS = Duration.ofMillis(300).toNanos();
    private static final int WARM_UP = 3;
    private static final int LEAST_RUNS = 5;
    private static final int MOST_RUNS = 200;

    /** Runs both in turn, so that a busy machine hits both, within about half a second. */
    public static Latency compare(Path baseline, Path candidate, Map<String, Value> feed, int threads)
            throws IOException {
        var settings = SessionSettings.threads(threads);
        try (var first = OrtSession.open(baseline, settings);
                var second = OrtSession.open(candidate, settings);
                var a = first.bind(feed);
                var b = second.bind(feed)) {
            var times = List.of(new ArrayList<Long>(), new ArrayList<Long>());
            for (int i = 0; i < WARM_UP; i++) {
                nanos(a);
                nanos(b);
            }
            long start = System.nanoTime();
            int runs = 0;
            while (runs < LEAST_RUNS || (runs < MOST_RUNS && System.nanoTime() - start < BUDGET_NANOS)) {
                times.get(0).add(nanos(a));
                times.get(1).add(nanos(b));
                runs++;
            }
            return new Latency(medianMillis(times.get(0)), medianMillis(times.get(1)));
        }
    }

    /** Median of the runs of one model, within about a third of a second. */
    public static double medianMillis(Path model, Map<String, Value> feed, int threads) throws IOException {
        try (var session = OrtSession.open(model, SessionSettings.threads(threads));
                var bound = session.bind(feed)) {
            for (int i = 0; i < WARM_UP; i++) {
                nanos(bound);
            }
            var times = new ArrayList<Long>();
            long start = System.nanoTime();
            while (times.size() < LEAST_RUNS
                    || (times.size() < MOST_RUNS && System.nanoTime() - start < BUDGET_NANOS)) {
                times.add(nanos(bound));
            }
            return medianMillis(times);
        }
    }

    private static long nanos(OrtSession.Bound bound) {
        long start = System.nanoTime();
        bound.run().close();
        return System.nanoTime() - start;
    }

    private static double medianMillis(List<Long> nanos) {
        var sorted = nanos.stream().sorted().toList();
        return sorted.get(sorted.size() / 2) / 1e6;
    }

    /** Time of the result over time of the original; below 1 is faster. */
    public double ratio() {
        return candidateMillis / baselineMillis;
    }
}
