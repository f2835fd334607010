package dev.millrace.worker;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Kafka answers and child JVMs start: tasks will be worked on. */
@Readiness
@ApplicationScoped
class WorkerReadiness implements HealthCheck {
    private final WorkerLifecycle lifecycle;

    WorkerReadiness(WorkerLifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    @Override
    public HealthCheckResponse call() {
        var response = HealthCheckResponse.named("worker");
        var worker = lifecycle.worker();
        if (worker.isEmpty()) {
            return response.down().withData("state", "starting").build();
        }
        boolean kafka = worker.get().reachesKafka();
        boolean children = worker.get().childrenStart();
        return response.status(kafka && children)
                .withData("kafka", kafka)
                .withData("children", children)
                .withData("busy", worker.get().busy())
                .withData("slots", worker.get().slots())
                .build();
    }
}
