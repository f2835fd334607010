package dev.millrace.worker;

import dev.millrace.artifact.ArtifactStore;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/**
 * Keeps the stored results within their limit. Every worker that shares the store does; a result that another one has removed
 * meanwhile is no loss.
 */
final class ResultCleaning {
    private static final Logger LOG = Logger.getLogger(ResultCleaning.class);
    private static final long PERIOD_SECONDS = 60;

    /** Between a result and the snapshot of the job that tells of it lies less than this. */
    private static final Duration SETTLING = Duration.ofMinutes(10);

    private final ArtifactStore store;
    private final ResultIndex index;
    private final Supplier<Set<String>> kept;
    private final long maxBytes;
    private final Clock clock;
    private final WorkerMetrics metrics;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong count = new AtomicLong();

    /**
     * @param kept addresses of models that somebody needs; asked only when something has to go
     * @param maxBytes of all results; 0 means no limit
     */
    ResultCleaning(
            ArtifactStore store,
            ResultIndex index,
            Supplier<Set<String>> kept,
            long maxBytes,
            Clock clock,
            WorkerMetrics metrics) {
        this.store = store;
        this.index = index;
        this.kept = kept;
        this.maxBytes = maxBytes;
        this.clock = clock;
        this.metrics = metrics;
        metrics.results(bytes::get, count::get);
    }

    /** Looks every minute, on this thread. */
    void cleanWhile(BooleanSupplier wanted) {
        try {
            while (wanted.getAsBoolean()) {
                TimeUnit.SECONDS.sleep(PERIOD_SECONDS); // a process that ends soon reads nothing
                try {
                    clean();
                } catch (IOException | KafkaException e) {
                    LOG.warnf("cannot look after the stored results now: %s", e.toString());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void clean() throws IOException {
        var all = index.refreshed();
        bytes.set(Eviction.sizeBytes(all));
        count.set(all.size());
        if (maxBytes == 0 || bytes.get() <= maxBytes) {
            return;
        }
        var before = clock.instant().minus(SETTLING);
        var eviction = Eviction.of(all, kept.get(), maxBytes, before);
        for (var result : eviction.results()) {
            store.removeUnusedDocument(result.document(), before);
        }
        for (var model : eviction.models()) {
            store.removeUnused(model, before);
        }
        metrics.evicted(eviction.results().size(), eviction.freedBytes());
        bytes.addAndGet(-eviction.freedBytes());
        count.addAndGet(-eviction.results().size());
        LOG.infof(
                "%d stored results of %d bytes removed: %d bytes are allowed",
                eviction.results().size(), eviction.freedBytes(), maxBytes);
    }
}
