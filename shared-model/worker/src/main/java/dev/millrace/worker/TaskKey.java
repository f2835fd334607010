package dev.millrace.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.millrace.message.Json;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * Content key of a task: two tasks with the same key have the same result, whoever issued them.
 *
 * @param hex lower-case SHA-256
 */
record TaskKey(String hex) {
    /** The digest of everything that a result depends on, as JSON with sorted keys. */
    static TaskKey of(Map<String, Object> parts) {
        try {
            var canonical = Json.mapper().writeValueAsBytes(new TreeMap<>(parts));
            return new TaskKey(HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(canonical)));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON: " + parts.keySet(), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    String resultDocument() {
        return "results/" + hex;
    }

    String checkpointDocument() {
        return "checkpoints/" + hex;
    }
}
