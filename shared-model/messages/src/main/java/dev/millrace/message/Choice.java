package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One decision of a search.
 *
 * @param values that it can take, each once
 * @param ordered whether neighbours in {@code values} are alike, as widths are and kinds of layers are not
 * @param onlyIf what must have been chosen for this choice to exist; absent when it always does
 */
public record Choice(
        String name,
        List<JsonNode> values,
        @JsonProperty(defaultValue = "false") boolean ordered,
        @Nullable Condition onlyIf) {
    public Choice {
        values = values == null ? List.of() : List.copyOf(values);
    }

    /**
     * Holds while another choice, named earlier, has one of these values.
     *
     * @param choice name of the earlier choice
     */
    public record Condition(String choice, List<JsonNode> values) {
        public Condition {
            values = values == null ? List.of() : List.copyOf(values);
        }
    }
}
