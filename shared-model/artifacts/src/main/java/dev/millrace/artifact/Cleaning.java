package dev.millrace.artifact;

import dev.millrace.message.RefusedException;
import java.io.Closeable;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Removes from a store, at the start and every hour, what nobody has used for the retention time. Several processes may do
 * that to one store.
 */
final class Cleaning implements Closeable {
    /** Completed events refer to artifacts for 30 days, as long as their topic keeps them. */
    static final Duration SHORTEST_RETENTION = Duration.ofDays(31);

    private static final System.Logger LOG = System.getLogger(Cleaning.class.getName());

    private final FileArtifactStore store;
    private final Duration retention;
    private final Clock clock;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(Cleaning::daemon);

    private Cleaning(FileArtifactStore store, Duration retention, Clock clock) {
        this.store = store;
        this.retention = retention;
        this.clock = clock;
    }

    /** @throws RefusedException if events would outlive what they refer to */
    static Cleaning start(FileArtifactStore store, Duration retention, Clock clock) {
        if (retention.compareTo(SHORTEST_RETENTION) < 0) {
            throw new RefusedException(
                    "BAD_CONFIGURATION",
                    "millrace.artifacts.retention",
                    retention.toString(),
                    "at least " + SHORTEST_RETENTION.toDays() + " days, because events refer to artifacts that long");
        }
        var cleaning = new Cleaning(store, retention, clock);
        var unused = cleaning.thread.scheduleWithFixedDelay(cleaning::clean, 0, 1, TimeUnit.HOURS);
        return cleaning;
    }

    private void clean() {
        try {
            int removed = store.removeUnused(clock.instant().minus(retention));
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0} artifacts and documents, unused for {1}, removed",
                    removed,
                    retention);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot clean the artifact store now: {0}", e.toString());
        }
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "artifact-cleaning");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
