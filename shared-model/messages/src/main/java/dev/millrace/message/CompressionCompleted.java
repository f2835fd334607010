package dev.millrace.message;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A job is done.
 *
 * @param artifact the result, or the best model so far where the objective was not met
 * @param notes what a reader must know: not smaller, slower than the original, layers left in float …
 */
public record CompressionCompleted(
        String jobId,
        @Nullable String name,
        ArtifactReference artifact,
        Evaluation evaluation,
        List<LineageStep> lineage,
        boolean objectiveMet,
        List<String> notes,
        long durationMillis) {
    public CompressionCompleted {
        lineage = lineage == null ? List.of() : List.copyOf(lineage);
        notes = notes == null ? List.of() : List.copyOf(notes);
    }
}
