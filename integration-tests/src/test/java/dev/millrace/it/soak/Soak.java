package dev.millrace.it.soak;

import dev.millrace.it.flow.Bus;
import dev.millrace.it.worker.WorkerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Jobs under load while something is killed again and again. Every kill waits until a job has ended since the one before,
 * and then a random time, so that it meets work at a random point and the work gets on.
 *
 * @param jobs asked for, evenly between the kills
 * @param millis that the first task of a job takes
 */
record Soak(int jobs, int kills, int workers, long millis, long seed) {
    private static final int LONGEST_WAIT_MILLIS = 1_000;
    private static final Duration NEXT_ENDING = Duration.ofMinutes(2);
    private static final Duration ALL_ENDINGS = Duration.ofMinutes(10);

    /** What is killed. */
    private interface Killing {
        /** Returns whether there was something to kill. */
        boolean kill(Mill mill, Random random) throws Exception;
    }

    /** What came out, after it was found to be right. */
    record Outcome(long completed, List<String> others, Duration time) {}

    /** A worker process, or the child JVMs of one while it goes on. */
    Outcome killingWorkers(Path directory) throws Exception {
        return run(directory, (mill, random) -> {
            WorkerProcess victim =
                    mill.workers().get(random.nextInt(mill.workers().size()));
            if (random.nextBoolean()) {
                mill.replace(victim);
                return true;
            }
            return victim.killChildren() > 0;
        });
    }

    Outcome killingTheBroker(Path directory) throws Exception {
        return run(directory, (mill, random) -> {
            mill.restartBroker();
            return true;
        });
    }

    private Outcome run(Path directory, Killing killing) throws Exception {
        var random = new Random(seed);
        try (var mill = Mill.start(directory, workers);
                var bus = new Bus(mill.bootstrapServers());
                var endings = new Endings(bus)) {
            long start = System.nanoTime();
            var asked = new ArrayList<String>();
            for (int kill = 0; kill < kills; ) {
                while (asked.size() < (long) jobs * (kill + 1) / kills) {
                    asked.add("job-" + asked.size());
                    mill.request(bus, asked.get(asked.size() - 1), millis);
                }
                endings.await(Math.min(endings.count() + 1, asked.size()), NEXT_ENDING);
                Thread.sleep(random.nextInt(LONGEST_WAIT_MILLIS)); // the random moment is what this is about
                kill += killing.kill(mill, random) ? 1 : 0;
            }
            endings.await(jobs, ALL_ENDINGS);
            var time = Duration.ofNanos(System.nanoTime() - start);
            endings.awaitAftermath();
            endings.assertOneOfEach(asked);
            return new Outcome(endings.completed(), endings.others(), time);
        }
    }
}
