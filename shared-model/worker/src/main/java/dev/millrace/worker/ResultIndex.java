package dev.millrace.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.artifact.ArtifactStore;
import dev.millrace.artifact.StoredDocument;
import dev.millrace.message.CacheLookup;
import dev.millrace.message.CacheLookup.Difference;
import dev.millrace.message.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What this process knows of the stored results without opening them again: how large they are, and what the newest were made
 * of. Thread-safe.
 */
final class ResultIndex {
    /** Of so many results the parts of the key are remembered; about two kilobytes each. */
    private static final int MOST_PARTS = 500;

    /** Other workers' results are looked for no more often. */
    private static final Duration FRESH = Duration.ofSeconds(10);

    private static final int LONGEST_VALUE = 60;

    private final ArtifactStore store;
    private final Map<String, StoredResult> results = new HashMap<>(); // guarded by this
    private final Map<String, Map<String, JsonNode>> parts = new LinkedHashMap<>(); // guarded by this
    private @Nullable Long refreshedAtNanos; // guarded by this

    ResultIndex(ArtifactStore store) {
        this.store = store;
    }

    /** All results, as the store has them now. */
    synchronized List<StoredResult> refreshed() throws IOException {
        refresh(Integer.MAX_VALUE);
        return List.copyOf(results.values());
    }

    /** @param most so many of the results that were used last are read */
    private void refresh(int most) throws IOException {
        var there = store.documents(TaskKey.RESULTS);
        var keys = there.stream().map(StoredDocument::key).collect(Collectors.toSet());
        results.keySet().retainAll(keys);
        parts.keySet().retainAll(keys);
        var oldestFirst = there.stream()
                .sorted(Comparator.comparing(StoredDocument::usedAt))
                .skip(Math.max(0, there.size() - (long) most))
                .toList();
        for (var document : oldestFirst) {
            var known = results.get(document.key());
            if (known != null) {
                results.put(document.key(), known.usedAt(document.usedAt()));
                continue;
            }
            var bytes = store.look(document.key());
            if (bytes.isPresent()) {
                var manifest = Json.mapper().readValue(bytes.get(), ResultManifest.class);
                results.put(
                        document.key(),
                        new StoredResult(document.key(), document.usedAt(), bytes.get().length, manifest.model()));
                remember(document.key(), manifest.key());
            }
        }
        refreshedAtNanos = System.nanoTime();
    }

    private void remember(String document, Map<String, JsonNode> key) {
        parts.put(document, key);
        if (parts.size() > MOST_PARTS) {
            parts.remove(parts.keySet().iterator().next()); // the one that was put first
        }
    }

    /** A result that this process has just stored: it need not be looked for. */
    synchronized void stored(TaskKey key) {
        remember(key.resultDocument(), key.parts());
    }

    /** Why there is no result of this key: what is not as it was for the stored result that is nearest. */
    synchronized CacheLookup missed(TaskKey key) throws IOException {
        if (refreshedAtNanos == null || System.nanoTime() - refreshedAtNanos > FRESH.toNanos()) {
            refresh(MOST_PARTS);
        }
        var differences = parts.values().stream()
                .filter(other -> sameTechnique(key.parts(), other))
                .map(other -> differences(key.parts(), other))
                .filter(found -> !found.isEmpty())
                .min(Comparator.comparingInt(Collection::size));
        return new CacheLookup(
                false,
                key.hex(),
                differences
                        .map(ResultIndex::sentence)
                        .orElseGet(() -> "No result of " + text(key.parts().get("stage")) + ":"
                                + text(key.parts().get("technique")) + " is stored."),
                differences.orElse(List.of()));
    }

    private static boolean sameTechnique(Map<String, JsonNode> one, Map<String, JsonNode> other) {
        return Objects.equals(one.get("stage"), other.get("stage"))
                && Objects.equals(one.get("technique"), other.get("technique"));
    }

    private static List<Difference> differences(Map<String, JsonNode> here, Map<String, JsonNode> stored) {
        var names = new TreeSet<>(here.keySet());
        names.addAll(stored.keySet());
        return names.stream()
                .filter(name -> !Objects.equals(here.get(name), stored.get(name)))
                .map(name -> new Difference(name, here.get(name), stored.get(name)))
                .toList();
    }

    private static String sentence(List<Difference> differences) {
        return differences.stream()
                .map(difference -> difference.part() + " is " + text(difference.here())
                        + ", of the nearest stored result it was " + text(difference.stored()))
                .collect(Collectors.joining("; ", "", "."));
    }

    private static String text(@Nullable JsonNode value) {
        String text = Optional.ofNullable(value)
                .map(node -> node.isTextual() ? node.textValue() : node.toString())
                .orElse("absent");
        return text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE) + "…";
    }
}
