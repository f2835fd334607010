package dev.millrace.it.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.it.flow.Bus;
import dev.millrace.it.flow.ServiceProcess;
import dev.millrace.message.Topics;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the flow promises under load, measured: {@code mvn -B -Psoak verify}. Takes some ten minutes.
 *
 * <p>Every process is one of its own on this machine, and every figure is printed on a line that begins with {@code soak:}.
 */
class SoakBenchmark {
    private static final int JOBS = Integer.getInteger("millrace.soak.jobs", 200);
    private static final int KILLS = Integer.getInteger("millrace.soak.kills", 50);
    private static final int BROKER_KILLS = Integer.getInteger("millrace.soak.broker-kills", 5);
    private static final int BACKLOG = Integer.getInteger("millrace.soak.backlog", 10_000);
    private static final long SEED = Long.getLong("millrace.soak.seed", 1);
    private static final long MIB = 1 << 20;
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @TempDir
    Path directory;

    @Test
    void everyJobEndsOnceThoughWorkersAndChildrenAreKilled() throws Exception {
        var outcome = new Soak(JOBS, KILLS, 2, 200, SEED).killingWorkers(directory);

        print("%d kills of workers and children, seed %d: %s", KILLS, SEED, told(outcome));
    }

    @Test
    void everyJobEndsOnceThoughTheBrokerIsKilled() throws Exception {
        var outcome = new Soak(JOBS, BROKER_KILLS, 2, 200, SEED).killingTheBroker(directory);

        print("%d kills of the broker, seed %d: %s", BROKER_KILLS, SEED, told(outcome));
        assertThat(outcome.others()).isEmpty();
    }

    @Test
    void whatTheEventsCost() throws Exception {
        try (var mill = Mill.start(directory, 1);
                var bus = new Bus(mill.bootstrapServers());
                var endings = new Endings(bus)) {
            oneByOne(mill, bus, endings, "warm-up", 30);
            var millis = oneByOne(mill, bus, endings, "alone", JOBS);
            Collections.sort(millis);
            print(
                    "request to completion of one trivial job of two tasks: p50 %.0f ms, p99 %.0f ms",
                    percentile(millis, 50), percentile(millis, 99));

            int before = endings.count();
            long start = System.nanoTime();
            for (int i = 0; i < JOBS; i++) {
                mill.request(bus, "together-" + i, 0);
            }
            endings.await(before + JOBS, LIMIT);
            double minutes = (System.nanoTime() - start) / 60e9;
            print("jobs a minute, one worker with one slot: %.0f", JOBS / minutes);
            assertThat(endings.others()).isEmpty();
        }
    }

    @Test
    void whatASecondWorkerGainsASearch() throws Exception {
        int trials = 40;
        long millis = 1_000;
        try (var mill = Mill.start(directory, 1);
                var bus = new Bus(mill.bootstrapServers());
                var endings = new Endings(bus)) {
            search(mill, bus, endings, "warm-up", 4, 0);
            double one = search(mill, bus, endings, "one", trials, millis);
            mill.startWorker();
            search(mill, bus, endings, "warm-up-again", 4, 0);
            double two = search(mill, bus, endings, "two", trials, millis);
            print(
                    "search of %d trials of %d ms, two out at once: one worker %.1f s, two %.1f s, %.2f of it",
                    trials, millis, one, two, two / one);
            assertThat(endings.others()).isEmpty();
        }
    }

    @Test
    void whatCoordinationCostsASearch() throws Exception {
        long millis = 10_000;
        int rounds = 6;
        try (var mill = Mill.start(directory, 0);
                var bus = new Bus(mill.bootstrapServers());
                var endings = new Endings(bus)) {
            for (int workers : List.of(8, 1, 8, 64)) { // the first meets cold processes
                int trials = rounds * workers;
                var name = "search-" + endings.count();
                try (var simulated = new SimulatedWorkers(bus, name, trials, workers, millis)) {
                    double seconds = search(mill, bus, endings, name, trials, millis);
                    print(
                            "search of %d trials of %d ms by %d workers that only wait: %.1f s, %.3f of the ideal",
                            trials, millis, workers, seconds, simulated.idealSeconds() / seconds);
                }
            }
            assertThat(endings.others()).isEmpty();
        }
    }

    /** Seconds of a search. */
    private static double search(Mill mill, Bus bus, Endings endings, String name, int trials, long millis)
            throws ExecutionException, InterruptedException {
        long start = System.nanoTime();
        mill.requestSearch(bus, name, trials, 2, millis);
        endings.await(endings.count() + 1, LIMIT);
        return (System.nanoTime() - start) / 1e9;
    }

    @Test
    void aBacklogFitsIntoTheMemoryThatThereIs() throws Exception {
        try (var mill = Mill.open(directory);
                var bus = new Bus(mill.bootstrapServers())) {
            for (int size : List.of(BACKLOG / 10, BACKLOG)) {
                ask(mill, bus, size);
                long start = System.nanoTime();
                try (var orchestrator = mill.startService("orchestrator");
                        var gateway = mill.startService("gateway");
                        var tasks = bus.read(Topics.tasks("probe"))) {
                    for (int issued = 0; issued < size; ) {
                        issued += tasks.records(Duration.ofMillis(100)).size();
                    }
                    double seconds = (System.nanoTime() - start) / 1e9;
                    gateway.awaitReady();
                    print(
                            "%d requests waiting, heaps of 256 MiB: all issued in %.0f s with the start;"
                                    + " most memory: orchestrator %s, gateway %s",
                            size, seconds, peak(orchestrator), peak(gateway));
                }
            }
        }
    }

    /** Asks for jobs that have not been asked for yet, until there are that many. */
    private static void ask(Mill mill, Bus bus, int jobs) throws ExecutionException, InterruptedException {
        for (int i = 0; i < jobs; i++) {
            mill.request(bus, "waiting-" + i, 0); // what was asked before is known by its id
        }
    }

    /** Milliseconds of each job, asked for when the one before has ended. */
    private static List<Double> oneByOne(Mill mill, Bus bus, Endings endings, String name, int jobs)
            throws ExecutionException, InterruptedException {
        var millis = new ArrayList<Double>();
        for (int i = 0; i < jobs; i++) {
            long start = System.nanoTime();
            mill.request(bus, name + "-" + i, 0);
            endings.await(endings.count() + 1, LIMIT);
            millis.add((System.nanoTime() - start) / 1e6);
        }
        return millis;
    }

    private static double percentile(List<Double> sorted, int percent) {
        return sorted.get((int) Math.ceil(percent / 100.0 * sorted.size()) - 1);
    }

    private static String peak(ServiceProcess service) throws IOException {
        return service.peakMemoryBytes() / MIB + " MiB";
    }

    private static String told(Soak.Outcome outcome) {
        return String.format(
                Locale.ROOT,
                "%d terminal events for %d jobs, %d completed, %.0f s%s",
                outcome.completed() + outcome.others().size(),
                JOBS,
                outcome.completed(),
                outcome.time().toMillis() / 1e3,
                outcome.others().isEmpty() ? "" : "; the others: " + outcome.others());
    }

    private static void print(String format, Object... figures) {
        System.out.printf(Locale.ROOT, "soak: " + format + "%n", figures);
    }
}
