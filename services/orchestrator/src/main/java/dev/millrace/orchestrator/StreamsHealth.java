package dev.millrace.orchestrator;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import org.apache.kafka.streams.KafkaStreams;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Ready while Kafka Streams runs; dead when it has given up. */
@ApplicationScoped
class StreamsHealth {
    private static final String NAME = "orchestrator";

    private final Orchestrator orchestrator;

    StreamsHealth(Orchestrator orchestrator) {
        this.orchestrator = orchestrator;
    }

    @Produces
    @Readiness
    HealthCheck ready() {
        return () -> response(orchestrator.state() == KafkaStreams.State.RUNNING);
    }

    @Produces
    @Liveness
    HealthCheck alive() {
        return () -> {
            var state = orchestrator.state();
            return response(state == null || !state.hasCompletedShutdown());
        };
    }

    private HealthCheckResponse response(boolean up) {
        return HealthCheckResponse.named(NAME)
                .status(up)
                .withData("streams", String.valueOf(orchestrator.state()))
                .build();
    }
}
