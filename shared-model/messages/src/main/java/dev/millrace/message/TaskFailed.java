package dev.millrace.message;

import java.util.List;

/** A task used up its attempts. */
public record TaskFailed(
        String jobId, String taskId, int step, String stage, Problem problem, int attempts, List<String> logTail) {
    public TaskFailed {
        logTail = logTail == null ? List.of() : List.copyOf(logTail);
    }
}
