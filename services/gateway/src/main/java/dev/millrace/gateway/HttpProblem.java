package dev.millrace.gateway;

import dev.millrace.message.Problem;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/**
 * What went wrong, as {@code application/problem+json} (RFC 9457) with the members that help.
 *
 * @param title for people, one line
 * @param code stable, for programs
 * @param where the part of the request
 * @param found what stands there
 * @param allowed what may stand there
 */
public record HttpProblem(String title, int status, String code, String where, String found, String allowed) {
    static final MediaType TYPE = MediaType.valueOf("application/problem+json");
    static final int UNPROCESSABLE = 422;
    static final int RANGE_NOT_SATISFIABLE = 416;
    static final int INSUFFICIENT_STORAGE = 507;

    static HttpProblem of(int status, Problem problem) {
        return new HttpProblem(
                problem.message(), status, problem.code(), problem.where(), problem.found(), problem.allowed());
    }

    Response response() {
        return Response.status(status).type(TYPE).entity(this).build();
    }

    /** For throwing, where there is nothing of that name. */
    static WebApplicationException notFound(String code, String where, String found, String allowed) {
        return of(404, new Problem(code, where, "'" + found + "'", allowed)).exception();
    }

    WebApplicationException exception() {
        return new WebApplicationException(title, response());
    }
}
