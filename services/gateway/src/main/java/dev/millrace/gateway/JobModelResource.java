package dev.millrace.gateway;

import dev.millrace.artifact.ArtifactStore;
import dev.millrace.message.RequestRules;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What a job has made. */
@Path("/v1/jobs/{id}/model")
@Tag(name = "Jobs")
public class JobModelResource {
    private final ArtifactStore store;
    private final Views views;

    JobModelResource(ArtifactStore store, Views views) {
        this.store = store;
        this.views = views;
    }

    @GET
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    @Operation(summary = "Downloads the best model of a job so far", description = "Link headers name external data.")
    @APIResponse(responseCode = "200", description = "The ONNX file")
    @APIResponse(responseCode = "404", description = "No such job, or it has made no model yet")
    public Response model(
            @PathParam("id") String jobId,
            @HeaderParam(ArtifactDownload.RANGE) @Nullable String range,
            @HeaderParam(ArtifactDownload.IF_RANGE) @Nullable String ifRange,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch)
            throws IOException {
        RequestRules.checkJobId(jobId);
        var best = views.jobs().job(jobId).map(entry -> entry.job().best()).orElse(null);
        if (best == null || !best.uri().startsWith(ArtifactDownload.PREFIX)) {
            throw HttpProblem.notFound("NO_MODEL", "job", jobId, "a job that has made a model");
        }
        return ArtifactDownload.of(store, best, new ArtifactDownload.Conditions(range, ifRange, ifNoneMatch))
                .header(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"" + jobId + ".onnx\"")
                .build();
    }
}
