package dev.millrace.gateway;

import dev.millrace.message.CacheLookup;
import dev.millrace.message.LineageStep;
import dev.millrace.message.RequestRules;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Why the steps of a job were computed, or known from before. */
@Path("/v1/jobs/{id}/cache")
@Tag(name = "Jobs")
public class JobCacheResource {
    private final Views views;

    JobCacheResource(Views views) {
        this.views = views;
    }

    /**
     * One step.
     *
     * @param cache absent where a worker of an older version did the step
     */
    public record Step(
            int step,
            String stage,
            String technique,
            boolean cached,
            @Nullable CacheLookup cache) {
        static Step of(LineageStep step) {
            return new Step(
                    step.step(),
                    step.stage(),
                    step.technique(),
                    step.cached(),
                    CacheLookup.in(step.report()).orElse(null));
        }
    }

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Says why each step was computed, or known from before",
            description = "For a step that was computed: how its content key differs from the nearest stored result's.")
    @APIResponse(responseCode = "404", description = "No job of this id is known")
    public List<Step> steps(@PathParam("id") String jobId) {
        RequestRules.checkJobId(jobId);
        var entry = views.jobs().job(jobId).orElseThrow(() -> JobsResource.unknown(jobId));
        return entry.job().lineage().stream().map(Step::of).toList();
    }
}
