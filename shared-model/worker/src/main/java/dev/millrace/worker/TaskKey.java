package dev.millrace.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.stage.ContentKey;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/**
 * Content key of a task: two tasks with the same key have the same result, whoever issued them.
 *
 * @param hex lower-case SHA-256
 * @param parts what it is the digest of, by name; objects part by part: {@code options.sparsity}
 */
record TaskKey(String hex, Map<String, JsonNode> parts) {
    /** Folder of the stored results. */
    static final String RESULTS = "results";

    /** The digest of everything that a result depends on, as JSON with sorted keys. */
    static TaskKey of(Map<String, Object> parts) {
        try {
            var sorted = new TreeMap<>(parts);
            var canonical = Json.mapper().writeValueAsBytes(sorted);
            var digest = new ContentKey().bytes(ByteBuffer.wrap(canonical));
            return new TaskKey(digest.hex(), flat(Json.tree(canonical)));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON: " + parts.keySet(), e);
        }
    }

    private static Map<String, JsonNode> flat(JsonNode parts) {
        var flat = new TreeMap<String, JsonNode>();
        parts.properties().forEach(part -> {
            if (part.getValue().isObject()) {
                part.getValue()
                        .properties()
                        .forEach(inner -> put(flat, part.getKey() + "." + inner.getKey(), inner.getValue()));
            } else {
                put(flat, part.getKey(), part.getValue());
            }
        });
        return Map.copyOf(flat);
    }

    private static void put(Map<String, JsonNode> flat, String name, JsonNode value) {
        if (!value.isNull()) {
            flat.put(name, value);
        }
    }

    String resultDocument() {
        return RESULTS + "/" + hex;
    }

    String checkpointDocument() {
        return "checkpoints/" + hex;
    }
}
