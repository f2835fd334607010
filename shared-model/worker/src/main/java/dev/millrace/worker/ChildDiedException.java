package dev.millrace.worker;

import dev.millrace.message.Problem;
import java.util.List;

/** A child JVM ended while it had work to do: it crashed, was ended for a limit, or was told to stop. */
final class ChildDiedException extends Exception {
    private final transient Problem problem;
    private final transient List<String> logTail;

    ChildDiedException(Problem problem, List<String> logTail) {
        super(problem.code() + " " + problem.message());
        this.problem = problem;
        this.logTail = List.copyOf(logTail);
    }

    Problem problem() {
        return problem;
    }

    List<String> logTail() {
        return logTail;
    }
}
