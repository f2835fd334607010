package dev.millrace.evaluation;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.message.Measurements;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Times two models in turns, so that whatever else the machine does hits both alike: short blocks of runs in the order A B
 * B A A B B A …, the same feeds in the same order for both, until the time is up.
 */
final class LatencyRuns {
    private static final long BLOCK_NANOS = 20_000_000;
    private static final long WARM_UP_NANOS = 100_000_000;
    private static final int MOST_RUNS_OF_A_BLOCK = 256;
    private static final int MOST_RUNS = 4_000;
    private static final int FEWEST_RUNS = 10;

    /** Runs of each model at least, however slow it is. */
    private static final int FEWEST_SLOW_RUNS = 3;

    /** How much longer than asked for it may take to reach {@link #FEWEST_RUNS}. */
    private static final int PATIENCE = 3;

    /** One model with its feeds bound, and the times of its runs. */
    private static final class Runner implements AutoCloseable {
        private final OrtSession session;
        private final List<OrtSession.Bound> feeds;
        private long[] nanos = new long[1024];
        private int runs;

        Runner(Path model, List<Map<String, Value>> feeds, int threads) throws IOException {
            session = OrtSession.open(model, SessionSettings.threads(threads).spinning(true));
            this.feeds = feeds.stream()
                    .map(feed -> session.bind(Quality.converted(feed, session.inputs())))
                    .toList();
        }

        /** Time of one run after the first, which allocates. */
        long warmUp() {
            feeds.forEach(feed -> feed.run().close());
            long start = System.nanoTime();
            int warm = 0;
            do {
                feeds.get(warm++).run().close();
            } while (warm < feeds.size() && System.nanoTime() - start < WARM_UP_NANOS);
            return Math.max(1, (System.nanoTime() - start) / warm);
        }

        void block(int count) {
            if (runs + count > nanos.length) {
                nanos = Arrays.copyOf(nanos, 2 * (runs + count));
            }
            for (int i = 0; i < count; i++) {
                var feed = feeds.get(runs % feeds.size());
                long start = System.nanoTime();
                feed.run().close();
                nanos[runs++] = System.nanoTime() - start;
            }
        }

        Measurements.Latency latency(int batch, int threads) {
            var sorted = Arrays.copyOf(nanos, runs);
            Arrays.sort(sorted);
            double median = percentile(sorted, 0.50);
            return new Measurements.Latency(
                    median,
                    percentile(sorted, 0.95),
                    percentile(sorted, 0.99),
                    1e3 * batch / median,
                    runs,
                    batch,
                    threads);
        }

        @Override
        public void close() {
            feeds.forEach(OrtSession.Bound::close);
            session.close();
        }
    }

    private LatencyRuns() {}

    static Probe.Latencies measure(
            Path baseline, Path result, List<Map<String, Value>> feeds, int threads, double seconds)
            throws IOException {
        try (var a = new Runner(baseline, feeds, threads);
                var b = new Runner(result, feeds, threads)) {
            int ofA = runsOfABlock(a.warmUp());
            int ofB = runsOfABlock(b.warmUp());
            long start = System.nanoTime();
            do {
                a.block(ofA);
                b.block(ofB);
                b.block(ofB);
                a.block(ofA);
            } while (goesOn(Math.min(a.runs, b.runs), (System.nanoTime() - start) / 1e9, seconds));
            int batch = batch(feeds.get(0));
            return new Probe.Latencies(a.latency(batch, threads), b.latency(batch, threads));
        }
    }

    private static boolean goesOn(int runs, double elapsed, double seconds) {
        if (runs < FEWEST_SLOW_RUNS) {
            return true;
        }
        return runs < MOST_RUNS && elapsed < (runs < FEWEST_RUNS ? PATIENCE * seconds : seconds);
    }

    private static int runsOfABlock(long nanos) {
        return (int) Math.max(1, Math.min(MOST_RUNS_OF_A_BLOCK, BLOCK_NANOS / nanos));
    }

    private static int batch(Map<String, Value> feed) {
        return feed.values().stream()
                .filter(value -> value.rank() > 0)
                .mapToInt(value -> (int) value.dim(0))
                .findFirst()
                .orElse(1);
    }

    /** Milliseconds; the smallest time that at least {@code fraction} of the runs do not exceed. */
    static double percentile(long[] sorted, double fraction) {
        int index = (int) Math.ceil(fraction * sorted.length) - 1;
        return sorted[Math.max(0, index)] / 1e6;
    }
}
