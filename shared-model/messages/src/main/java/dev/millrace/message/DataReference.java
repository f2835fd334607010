package dev.millrace.message;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A data set: where it is, its format and how to preprocess it.
 *
 * @param uri file or directory
 * @param format {@code idx}, {@code npz}, {@code images}, {@code csv}, {@code jsonl}, {@code wav}, {@code onnx} …; absent
 *     means by file name
 * @param options preprocessing ({@code mean}, {@code std}, {@code tokenizer}, {@code maxLength} …). A string that is a
 *     {@code file:} or {@code millrace:} URI is a file too, resolved like {@code uri}
 */
public record DataReference(String uri, @Nullable String format, Map<String, JsonNode> options) {
    public DataReference {
        options = options == null ? Map.of() : Map.copyOf(options);
    }
}
