package dev.millrace.gateway;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready when the views have read what was in the topics at the start. */
@Readiness
@ApplicationScoped
class ViewsHealth implements HealthCheck {
    private final Views views;

    ViewsHealth(Views views) {
        this.views = views;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("gateway").status(views.caughtUp()).build();
    }
}
