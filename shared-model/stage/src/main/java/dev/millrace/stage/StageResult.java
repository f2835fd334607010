package dev.millrace.stage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Evaluation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a technique made.
 *
 * @param model the new model, inside the working directory; absent for stages that only measure
 * @param external files that the model refers to as external data, relative to its directory
 * @param evaluation what was measured; absent for stages that do not measure
 * @param report for people and programs. {@code notes}, a list of sentences, is shown with the result
 */
public record StageResult(
        @Nullable Path model,
        List<String> external,
        @Nullable Evaluation evaluation,
        Map<String, JsonNode> report) {
    public StageResult {
        external = List.copyOf(external);
        report = Map.copyOf(report);
    }

    /** A result whose model, if there is one, is a single file. */
    public StageResult(@Nullable Path model, @Nullable Evaluation evaluation, Map<String, JsonNode> report) {
        this(model, List.of(), evaluation, report);
    }
}
