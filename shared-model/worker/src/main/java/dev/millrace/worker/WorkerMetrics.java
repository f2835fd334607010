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

    void failed(String code) {
        registry.counter("millrace.task.failures", "code", code).increment();
    }

    void took(String stage, String technique, Duration time) {
        registry.timer("millrace.task", "stage", stage, "technique", technique).record(time);
    }
}
