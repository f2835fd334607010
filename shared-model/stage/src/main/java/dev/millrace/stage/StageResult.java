package dev.millrace.stage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Evaluation;
import dev.millrace.message.SearchPlan;
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
 * @param figures what a trial measured for the goals of its search, name to value
 * @param search what the orchestrator is to search before the job goes on; absent unless the technique opens a search
 */
public record StageResult(
        @Nullable Path model,
        List<String> external,
        @Nullable Evaluation evaluation,
        Map<String, JsonNode> report,
        Map<String, Double> figures,
        @Nullable SearchPlan search) {
    public StageResult {
        external = List.copyOf(external);
        report = Map.copyOf(report);
        figures = Map.copyOf(figures);
    }

    /** A result outside any search. */
    public StageResult(
            @Nullable Path model,
            List<String> external,
            @Nullable Evaluation evaluation,
            Map<String, JsonNode> report) {
        this(model, external, evaluation, report, Map.of(), null);
    }

    /** A result whose model, if there is one, is a single file. */
    public StageResult(@Nullable Path model, @Nullable Evaluation evaluation, Map<String, JsonNode> report) {
        this(model, List.of(), evaluation, report);
    }

    /** What a trial came to: its model, if it made one, is a single file. */
    public static StageResult ofTrial(@Nullable Path model, Map<String, Double> figures, Map<String, JsonNode> report) {
        return new StageResult(model, List.of(), null, report, figures, null);
    }

    /** A search to run in place of this step. */
    public static StageResult ofSearch(SearchPlan search, Map<String, JsonNode> report) {
        return new StageResult(null, List.of(), null, report, Map.of(), search);
    }
}
