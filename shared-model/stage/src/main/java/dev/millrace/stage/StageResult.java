package dev.millrace.stage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Evaluation;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a technique made.
 *
 * @param model the new model, inside the working directory, external data beside it; absent for stages that only measure
 * @param evaluation what was measured; absent for stages that do not measure
 * @param report for people and programs. {@code notes}, a list of sentences, is shown with the result
 */
public record StageResult(@Nullable Path model, @Nullable Evaluation evaluation, Map<String, JsonNode> report) {
    public StageResult {
        report = Map.copyOf(report);
    }
}
