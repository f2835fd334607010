package dev.millrace.message;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A stage is done.
 *
 * @param model the next artifact; absent for stages that only measure
 * @param evaluation what was measured; absent for stages that do not measure
 * @param report what the technique wants to tell, for people and programs
 * @param versions name to version of code and engines
 * @param figures what a trial measured for the goals of its search, name to value
 * @param search what is to be searched before the job goes on; the result of the search takes the place of {@code model}
 * @param durationMillis from the start of the attempt to the stored artifact; of the original run when {@code cached}
 */
public record TaskSucceeded(
        String jobId,
        String taskId,
        int step,
        String stage,
        @Nullable ArtifactReference model,
        @Nullable Evaluation evaluation,
        Map<String, JsonNode> report,
        Map<String, String> versions,
        long durationMillis,
        boolean cached,
        int attempt,
        String worker,
        Map<String, Double> figures,
        @Nullable SearchPlan search) {
    public TaskSucceeded {
        report = report == null ? Map.of() : Map.copyOf(report);
        figures = figures == null ? Map.of() : Map.copyOf(figures);
        versions = versions == null ? Map.of() : Map.copyOf(versions);
    }
}
