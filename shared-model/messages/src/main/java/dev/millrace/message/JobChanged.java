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
        Instant changedAt) {
    public JobChanged {
        lineage = lineage == null ? List.of() : List.copyOf(lineage);
    }
}
