package dev.millrace.message;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A job is done.
 *
 * @param artifact the result, or the best model so far where the objective was not met
 * @param notes what a reader must know: not smaller, slower than the original, layers left in float …
 * @param front of a search: what no other trial was better than in everything, each with values, figures, lineage and model
 * @param tried all trials of the search by number, those that failed with the reason
 */
public record CompressionCompleted(
        String jobId,
        @Nullable String name,
        ArtifactReference artifact,
        Evaluation evaluation,
        List<LineageStep> lineage,
        boolean objectiveMet,
        List<String> notes,
        long durationMillis,
        List<Trial> front,
        List<Trial> tried) {
    public CompressionCompleted {
        lineage = lineage == null ? List.of() : List.copyOf(lineage);
        front = front == null ? List.of() : List.copyOf(front);
        tried = tried == null ? List.of() : List.copyOf(tried);
        notes = notes == null ? List.of() : List.copyOf(notes);
    }
}
