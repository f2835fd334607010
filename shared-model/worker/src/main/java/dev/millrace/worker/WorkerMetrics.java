package dev.millrace.worker;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.function.Supplier;

/** What this process counts and times. */
final class WorkerMetrics {
    private final MeterRegistry registry;

    WorkerMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    void busy(Supplier<Number> slots) {
        Gauge.builder("millrace.worker.busy", slots)
                .description("slots that work on a task")
                .register(registry);
    }

    void queueDepth(String stage, Supplier<Number> tasks) {
        Gauge.builder("millrace.queue.depth", tasks)
                .description("tasks of the stage that wait or are worked on, by any worker")
                .tag("stage", stage)
                .register(registry);
    }

    void looked(boolean found) {
        registry.counter(found ? "millrace.cache.hits" : "millrace.cache.misses")
                .increment();
    }

    /** Gauges of the stored results that all workers share. */
    void results(Supplier<Number> bytes, Supplier<Number> count) {
        Gauge.builder("millrace.cache.bytes", bytes)
                .description("bytes of the stored results and their models")
                .register(registry);
        Gauge.builder("millrace.cache.entries", count)
                .description("stored results")
                .register(registry);
    }

    void evicted(long results, long bytes) {
        registry.counter("millrace.cache.evictions").increment((double) results);
        registry.counter("millrace.cache.evicted.bytes").increment((double) bytes);
    }

    void failed(String code) {
        registry.counter("millrace.task.failures", "code", code).increment();
    }

    void took(String stage, String technique, Duration time) {
        registry.timer("millrace.task", "stage", stage, "technique", technique).record(time);
    }
}
