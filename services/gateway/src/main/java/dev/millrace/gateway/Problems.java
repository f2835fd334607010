package dev.millrace.gateway;

import dev.millrace.artifact.StorageFullException;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Exceptions to answers. */
final class Problems {
    /** The text is at fault, not what it asks for. */
    private static final Set<String> MALFORMED = Set.of("NOT_JSON", "MISSING_FIELD", "BAD_FIELD", "BAD_JOB_ID");

    @ServerExceptionMapper
    Response refused(RefusedException e) {
        String code = e.problem().code();
        int status = HttpProblem.UNPROCESSABLE;
        if (MALFORMED.contains(code)) {
            status = 400;
        } else if (code.equals("NOT_FOUND")) {
            status = 404;
        } else if (code.equals("REQUEST_TOO_LARGE")) {
            status = 413;
        }
        return HttpProblem.of(status, e.problem()).response();
    }

    @ServerExceptionMapper
    Response storageFull(StorageFullException e) {
        var problem = new Problem("STORAGE_FULL", "artifact store", "no room left", "free space and try again");
        return HttpProblem.of(HttpProblem.INSUFFICIENT_STORAGE, problem).response();
    }

    @ServerExceptionMapper
    Response unavailable(UnavailableException e) {
        var problem =
                new Problem("UNAVAILABLE", "Kafka", String.valueOf(e.getMessage()), "try again with the same job id");
        return Response.fromResponse(HttpProblem.of(503, problem).response())
                .header(HttpHeaders.RETRY_AFTER, 1)
                .build();
    }
}
