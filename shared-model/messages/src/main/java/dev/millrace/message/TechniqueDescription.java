package dev.millrace.message;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One technique of the catalogue, as its class describes itself.
 *
 * @param summary what it does, one sentence
 * @param useWhen when to use it, one sentence
 * @param data roles that it needs
 */
public record TechniqueDescription(
        String stage, String name, String summary, String useWhen, List<String> data, List<Option> options) {
    public TechniqueDescription {
        data = data == null ? List.of() : List.copyOf(data);
        options = options == null ? List.of() : List.copyOf(options);
    }

    /**
     * One option.
     *
     * @param type {@code number}, {@code integer}, {@code boolean}, {@code string}, {@code strings} or the words of an
     *     enumeration separated by {@code |}
     * @param defaultValue absent when the option must be given
     * @param allowed range or rule, in words
     */
    public record Option(
            String name, String type, @Nullable JsonNode defaultValue, String allowed, String description) {}
}
