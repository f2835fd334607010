package dev.millrace.orchestrator;

import dev.millrace.message.JobState;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** Counts jobs and what became of them. Thread-safe. */
final class JobMetrics {
    private final MeterRegistry registry;
    private final AtomicLong running = new AtomicLong();

    JobMetrics(MeterRegistry registry) {
        this.registry = registry;
        registry.gauge("millrace.orchestrator.jobs.running", running);
    }

    /** @param more jobs that have begun, less those that have ended */
    void running(long more) {
        running.addAndGet(more);
    }

    /** A job changed, and is in this state now. */
    void changed(JobState state) {
        registry.counter(
                        "millrace.orchestrator.transitions",
                        "state",
                        state.name().toLowerCase(Locale.ROOT))
                .increment();
    }

    /** An event was repeated, late or foreign. */
    void ignored() {
        registry.counter("millrace.orchestrator.ignored").increment();
    }

    void deadLetter(String code) {
        registry.counter("millrace.orchestrator.dead.letters", "code", code).increment();
    }
}
