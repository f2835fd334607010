package dev.millrace.message;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A job could not be finished though its input was fine.
 *
 * @param best the best model before the failure
 */
public record CompressionFailed(
        String jobId,
        @Nullable String name,
        Problem problem,
        @Nullable ArtifactReference best,
        List<LineageStep> lineage,
        List<String> logTail) {
    public CompressionFailed {
        lineage = lineage == null ? List.of() : List.copyOf(lineage);
        logTail = logTail == null ? List.of() : List.copyOf(logTail);
    }
}
