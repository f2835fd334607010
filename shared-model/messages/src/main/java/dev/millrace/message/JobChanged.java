package dev.millrace.message;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The whole job as it stands now.
 *
 * @param task the task that is out; absent before the first and after the last
 * @param evaluation of the best result so far
 * @param best the best model so far
 * @param objectiveMet absent until something was measured
 * @param notes of the completed event, once there is one: with them a reader of snapshots knows all that it said
 * @param search the search that the job is in, or the last one that it was in
 * @param logTail of the failed event, once there is one
 */
public record JobChanged(
        String jobId,
        JobState state,
        CompressionRequested request,
        @Nullable TaskIssued task,
        List<LineageStep> lineage,
        @Nullable ArtifactReference best,
        @Nullable Evaluation evaluation,
        @Nullable Boolean objectiveMet,
        @Nullable Problem problem,
        Instant createdAt,
        Instant changedAt,
        List<String> notes,
        List<String> logTail,
        @Nullable SearchProgress search) {
    public JobChanged {
        lineage = lineage == null ? List.of() : List.copyOf(lineage);
        notes = notes == null ? List.of() : List.copyOf(notes);
        logTail = logTail == null ? List.of() : List.copyOf(logTail);
    }

    /** A job that has not ended and was in no search. */
    public JobChanged(
            String jobId,
            JobState state,
            CompressionRequested request,
            @Nullable TaskIssued task,
            List<LineageStep> lineage,
            @Nullable ArtifactReference best,
            @Nullable Evaluation evaluation,
            @Nullable Boolean objectiveMet,
            @Nullable Problem problem,
            Instant createdAt,
            Instant changedAt) {
        this(
                jobId,
                state,
                request,
                task,
                lineage,
                best,
                evaluation,
                objectiveMet,
                problem,
                createdAt,
                changedAt,
                List.of(),
                List.of(),
                null);
    }

    /** This job on its way, with this task out or none. */
    public JobChanged waitingFor(@Nullable TaskIssued next, Instant now) {
        return new JobChanged(
                jobId,
                JobState.RUNNING,
                request,
                next,
                lineage,
                best,
                evaluation,
                objectiveMet,
                null,
                createdAt,
                now,
                List.of(),
                List.of(),
                search);
    }

    /** This job with a search as it stands now. */
    public JobChanged searching(SearchProgress now) {
        return new JobChanged(
                jobId,
                state,
                request,
                task,
                lineage,
                best,
                evaluation,
                objectiveMet,
                problem,
                createdAt,
                changedAt,
                notes,
                logTail,
                now);
    }
}
