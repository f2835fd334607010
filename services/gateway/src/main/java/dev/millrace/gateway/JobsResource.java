package dev.millrace.gateway;

import dev.millrace.message.CloudEvent;
import dev.millrace.message.CompressionCancelled;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import dev.millrace.message.Json;
import dev.millrace.message.NearestName;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.message.RequestRules;
import dev.millrace.message.StageStep;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Jobs: submit, list, look, watch, cancel. */
@Path("/v1/jobs")
@Tag(name = "Jobs")
@Produces(MediaType.APPLICATION_JSON)
public class JobsResource {
    private static final String SOURCE = "/millrace/gateway";
    private static final int LARGEST_PAGE = 500;
    private static final Pattern TRACE_PARENT = Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

    private final Views views;
    private final Publisher publisher;
    private final Clock clock = Clock.systemUTC();

    JobsResource(Views views, Publisher publisher) {
        this.views = views;
        this.publisher = publisher;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Asks for a compression",
            description =
                    "Accepted when Kafka has acknowledged the request. Repeating it under the same key is harmless.")
    @RequestBody(content = @Content(schema = @Schema(implementation = CompressionRequested.class)))
    @APIResponse(
            responseCode = "202",
            description = "Accepted; Location is the job",
            content = @Content(schema = @Schema(implementation = JobSummary.class)))
    @APIResponse(responseCode = "400", description = "No request: the JSON or a field of it cannot be read")
    @APIResponse(responseCode = "409", description = "The key belongs to another request")
    @APIResponse(responseCode = "422", description = "A request that cannot be met: where, found, allowed")
    @APIResponse(responseCode = "503", description = "Kafka did not acknowledge; try again with the same key")
    public Response submit(
            InputStream body,
            @Parameter(description = "Becomes the job's id; made up when absent")
                    @HeaderParam("Idempotency-Key")
                    @Nullable
                    String key,
            @HeaderParam("traceparent") @Nullable String traceparent,
            @HeaderParam("tracestate") @Nullable String tracestate)
            throws IOException {
        String jobId = key == null ? UUID.randomUUID().toString() : key;
        RequestRules.checkJobId(jobId);
        var request = Json.read(limited(body), CompressionRequested.class);
        new RequestRules(views.catalogue(), stages(request)).check(request);
        var known = views.jobs().job(jobId);
        if (known.isPresent() && !known.get().job().request().equals(request)) {
            var problem = new Problem(
                    "JOB_ID_TAKEN", "Idempotency-Key", "'" + jobId + "' belongs to another request", "a new key");
            throw HttpProblem.of(409, problem).exception();
        }
        if (known.isEmpty()) {
            publish(jobId, "requested", request, traceparent, tracestate);
            views.jobs().accept(accepted(jobId, request, clock.instant()));
        }
        var job = views.jobs().job(jobId).orElseThrow(() -> unknown(jobId));
        return Response.accepted(job.summary()).location(location(jobId)).build();
    }

    @GET
    @Operation(summary = "Lists jobs, newest first")
    public JobPage list(
            @Parameter(description = "Only jobs in this state: running, completed, failed, refused or cancelled")
                    @QueryParam("state")
                    @Nullable
                    String state,
            @Parameter(description = "The page's 'next' before this one") @QueryParam("after") @Nullable String after,
            @Parameter(description = "1 to 500") @QueryParam("limit") @DefaultValue("50") int limit) {
        if (limit < 1 || limit > LARGEST_PAGE) {
            throw new RefusedException("BAD_FIELD", "limit", Integer.toString(limit), "1 to " + LARGEST_PAGE);
        }
        return views.jobs().page(state == null ? null : state(state), after, limit);
    }

    @GET
    @Path("/{id}")
    @Operation(summary = "A whole job as it stands now")
    @APIResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = JobChanged.class)))
    @APIResponse(responseCode = "404", description = "No job of this id is known")
    public Response job(@PathParam("id") String jobId) {
        return Response.ok(entry(jobId).json(), MediaType.APPLICATION_JSON_TYPE).build();
    }

    @GET
    @Path("/{id}/events")
    @Blocking
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Operation(
            summary = "Watches a job",
            description =
                    "Events 'job' (the whole job, on every change) and 'progress'. Closes after the job has ended. "
                            + "A client that reconnects with Last-Event-ID gets what it has missed of the newest state.")
    @APIResponse(
            responseCode = "200",
            content = @Content(mediaType = MediaType.SERVER_SENT_EVENTS, schema = @Schema(type = SchemaType.STRING)))
    public Multi<OutboundSseEvent> events(
            @PathParam("id") String jobId,
            @HeaderParam("Last-Event-ID") @Nullable String lastEventId,
            @Context Sse sse) {
        entry(jobId);
        return views.watch(jobId, lastEventId).map(event -> {
            var built = sse.newEventBuilder();
            return event.name().isEmpty()
                    ? built.comment("waiting").build()
                    : built.name(event.name()).id(event.id()).data(event.json()).build();
        });
    }

    @DELETE
    @Path("/{id}")
    @Operation(
            summary = "Cancels a job",
            description = "Harmless when repeated. The job's events say when it has stopped.")
    @APIResponse(responseCode = "202", description = "Asked to stop")
    @APIResponse(responseCode = "204", description = "Was cancelled before")
    @APIResponse(responseCode = "404", description = "No job of this id is known")
    @APIResponse(responseCode = "409", description = "The job has ended otherwise")
    public Response cancel(
            @PathParam("id") String jobId,
            @Parameter(description = "Why, for people") @QueryParam("reason") @Nullable String reason,
            @HeaderParam("traceparent") @Nullable String traceparent,
            @HeaderParam("tracestate") @Nullable String tracestate) {
        var state = entry(jobId).summary().state();
        if (state == JobState.CANCELLED) {
            return Response.noContent().build();
        }
        if (state.terminal()) {
            var problem = new Problem("JOB_ENDED", "job " + jobId, word(state), "a running job");
            throw HttpProblem.of(409, problem).exception();
        }
        publish(jobId, "cancelled", new CompressionCancelled(jobId, reason), traceparent, tracestate);
        return Response.accepted().location(location(jobId)).build();
    }

    private JobEntry entry(String jobId) {
        RequestRules.checkJobId(jobId);
        return views.jobs().job(jobId).orElseThrow(() -> unknown(jobId));
    }

    private void publish(
            String jobId, String what, Record data, @Nullable String traceparent, @Nullable String tracestate) {
        var event = CloudEvent.of(jobId + "#" + what, SOURCE, jobId, clock.instant(), data);
        boolean traced =
                traceparent != null && TRACE_PARENT.matcher(traceparent).matches();
        publisher.publish(traced ? event.inTrace(traceparent, tracestate) : event);
    }

    /** Whether an installation has a stage is for the orchestrator to say: its worker may not have been up yet. */
    private static Set<String> stages(CompressionRequested request) {
        return request.recipe().stream().map(StageStep::stage).collect(Collectors.toSet());
    }

    private static JobChanged accepted(String jobId, CompressionRequested request, Instant now) {
        return new JobChanged(jobId, JobState.RUNNING, request, null, List.of(), null, null, null, null, now, now);
    }

    /** The body, if it is not larger than a request may be. */
    private static byte[] limited(InputStream body) throws IOException {
        byte[] read = body.readNBytes(RequestRules.MAX_REQUEST_BYTES + 1);
        if (read.length > RequestRules.MAX_REQUEST_BYTES) {
            throw new RefusedException(
                    "REQUEST_TOO_LARGE",
                    "body",
                    "more than " + RequestRules.MAX_REQUEST_BYTES + " bytes",
                    "at most " + RequestRules.MAX_REQUEST_BYTES + " bytes; models and data are uploaded as artifacts");
        }
        return read;
    }

    private static JobState state(String word) {
        return Stream.of(JobState.values())
                .filter(state -> word(state).equals(word))
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        "BAD_FIELD",
                        "state",
                        "'" + word + "'",
                        NearestName.choices(
                                word,
                                Stream.of(JobState.values())
                                        .map(JobsResource::word)
                                        .toList())));
    }

    private static String word(JobState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private static URI location(String jobId) {
        return URI.create("/v1/jobs/" + jobId);
    }

    static WebApplicationException unknown(String jobId) {
        return HttpProblem.notFound("UNKNOWN_JOB", "job", jobId, "a job that was submitted and is still remembered");
    }
}
