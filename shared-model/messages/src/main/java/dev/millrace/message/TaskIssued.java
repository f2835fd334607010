package dev.millrace.message;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Work for one stage service.
 *
 * @param taskId {@code <jobId>/<step>}, the same however often the task is issued
 * @param step position in the job, from 0
 * @param model the model to work on
 * @param baseline the model of the request, which evaluation compares with and distillation learns from
 */
public record TaskIssued(
        String jobId,
        String taskId,
        int step,
        String stage,
        String technique,
        Map<String, JsonNode> options,
        ArtifactReference model,
        @Nullable ArtifactReference baseline,
        Map<String, DataReference> data,
        @Nullable Objective objective,
        long seed,
        @Nullable String target) {
    public TaskIssued {
        options = options == null ? Map.of() : Map.copyOf(options);
        data = data == null ? Map.of() : Map.copyOf(data);
    }
}
