package dev.millrace.worker;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** The worker's threads run; restarting the process helps when they do not. */
@Liveness
@ApplicationScoped
class WorkerLiveness implements HealthCheck {
    private final WorkerLifecycle lifecycle;

    WorkerLiveness(WorkerLifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("worker threads")
                .status(lifecycle.worker().map(Worker::alive).orElse(true))
                .build();
    }
}
