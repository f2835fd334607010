package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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

    /** Values by name of the choices that exist as the earlier ones fall. */
    public static Map<String, JsonNode> chosen(List<Choice> choices, Function<Choice, JsonNode> value) {
        var values = new LinkedHashMap<String, JsonNode>();
        for (var choice : choices) {
            if (choice.onlyIf == null || choice.onlyIf.holds(values)) {
                values.put(choice.name, value.apply(choice));
            }
        }
        return values;
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

        private boolean holds(Map<String, JsonNode> earlier) {
            return earlier.containsKey(choice) && values.contains(earlier.get(choice));
        }
    }
}
