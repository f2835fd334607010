package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One try of a search: what was chosen and what came of it.
 *
 * @param number from 0, in the order in which the trials were chosen
 * @param values name of a choice to the value tried; choices that do not exist here are absent
 * @param rung how much it was trained: 0 is least; always 0 in a search without halving
 * @param figures what was measured; empty until {@code done}
 * @param lineage the steps that made and measured the model, without their reports; kept while the trial runs and on the
 *     front
 * @param model what the trial made; kept as {@code lineage} is
 * @param problem why it failed
 */
public record Trial(
        int number,
        Map<String, JsonNode> values,
        @JsonProperty(defaultValue = "0") int rung,
        State state,
        Map<String, Double> figures,
        List<LineageStep> lineage,
        @Nullable ArtifactReference model,
        @Nullable Problem problem) {
    public Trial {
        values = values == null ? Map.of() : Map.copyOf(values);
        figures = figures == null ? Map.of() : Map.copyOf(figures);
        lineage = lineage == null ? List.of() : List.copyOf(lineage);
    }

    /** A trial that has just been chosen. */
    public Trial(int number, Map<String, JsonNode> values, int rung) {
        this(number, values, rung, State.OUT, Map.of(), List.of(), null, null);
    }

    /** This trial with what was measured. */
    public Trial done(Map<String, Double> measured) {
        return new Trial(number, values, rung, State.DONE, measured, lineage, model, null);
    }

    /** This trial, of which nothing came. */
    public Trial failed(Problem why) {
        return new Trial(number, values, rung, State.FAILED, Map.of(), List.of(), null, why);
    }

    /** Where a trial stands. */
    public enum State {
        @JsonProperty("out")
        OUT,
        @JsonProperty("done")
        DONE,
        @JsonProperty("failed")
        FAILED
    }
}
