package dev.millrace.stage;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Evaluation;
import dev.millrace.message.Problem;
import dev.millrace.message.SearchPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the child JVM says to its worker, one JSON line each. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "say")
@JsonSubTypes({
    @JsonSubTypes.Type(value = FromChild.Ready.class, name = "ready"),
    @JsonSubTypes.Type(value = FromChild.Progressed.class, name = "progressed"),
    @JsonSubTypes.Type(value = FromChild.CheckpointOffered.class, name = "checkpointOffered"),
    @JsonSubTypes.Type(value = FromChild.Succeeded.class, name = "succeeded"),
    @JsonSubTypes.Type(value = FromChild.Refused.class, name = "refused"),
    @JsonSubTypes.Type(value = FromChild.Failed.class, name = "failed")
})
public sealed interface FromChild {
    /**
     * The child is up.
     *
     * @param code what it runs, as the worker told it on its command line; another value means a stranger answered
     */
    record Ready(String code, long pid, List<String> stages) implements FromChild {}

    record Progressed(double fraction, String activity, Map<String, Double> metrics) implements FromChild {}

    /** Please store this file; the child waits for {@link ToChild.CheckpointStored}. */
    record CheckpointOffered(Path file) implements FromChild {}

    /** The last line of a task. */
    sealed interface Answer extends FromChild {}

    /**
     * @param external files beside the model that it refers to, relative to its directory
     * @param peakMemoryBytes largest resident size of the child so far; absent where the system does not tell
     */
    record Succeeded(
            @Nullable Path model,
            List<String> external,
            @Nullable Evaluation evaluation,
            Map<String, JsonNode> report,
            @Nullable Long peakMemoryBytes,
            Map<String, Double> figures,
            @Nullable SearchPlan search)
            implements Answer {}

    /** No attempt can do this. The child lives on. */
    record Refused(Problem problem) implements Answer {}

    /**
     * This attempt went wrong.
     *
     * @param last whether the child ends after saying so, because it ran out of memory
     */
    record Failed(Problem problem, boolean last) implements Answer {}
}
