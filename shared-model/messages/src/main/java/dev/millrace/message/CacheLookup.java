package dev.millrace.message;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Why a result was, or was not, found among the stored ones. Stands in the report of every task under {@value #REPORT}.
 *
 * @param hit whether the result was there
 * @param key content key of the task, lower-case SHA-256
 * @param because one sentence
 * @param differences from the stored result that is nearest; empty for a hit and where there is none to compare with
 */
public record CacheLookup(boolean hit, String key, String because, List<Difference> differences) {
    /** Name in reports. */
    public static final String REPORT = "cache";

    public CacheLookup {
        differences = differences == null ? List.of() : List.copyOf(differences);
    }

    /**
     * A part of the key that is not the same.
     *
     * @param part {@code model}, {@code data.training}, {@code options.sparsity}, {@code seed}, {@code code} …
     * @param here what the task has; absent where it has nothing
     * @param stored what the stored result was made with; absent where it had nothing
     */
    public record Difference(
            String part, @Nullable JsonNode here, @Nullable JsonNode stored) {}

    /** What a task's report says; empty where a worker of another version wrote it. */
    public static Optional<CacheLookup> in(Map<String, JsonNode> report) {
        return Optional.ofNullable(report.get(REPORT)).map(node -> Json.read(node, CacheLookup.class));
    }
}
