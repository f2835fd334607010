package dev.millrace.worker;

import dev.millrace.message.ArtifactReference;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which results go so that the rest is within a limit: the least recently used first. What somebody needs stays, however large
 * that is: results with a model that is kept, and all that were used since {@code before}.
 *
 * @param results that go
 * @param models that go with them, because no result that stays has them
 * @param freedBytes of both
 */
record Eviction(List<StoredResult> results, List<ArtifactReference> models, long freedBytes) {
    /**
     * @param all the stored results
     * @param kept addresses of models that somebody needs
     * @param maxBytes of all results and their models, each model once
     * @param before a result that was used later stays
     */
    static Eviction of(List<StoredResult> all, Set<String> kept, long maxBytes, Instant before) {
        var users = new HashMap<String, Integer>();
        all.stream()
                .flatMap(result -> Stream.ofNullable(result.model()))
                .forEach(model -> users.merge(model.uri(), 1, Integer::sum));
        var leastRecentFirst = new ArrayList<>(all);
        leastRecentFirst.sort(Comparator.comparing(StoredResult::usedAt));
        var results = new ArrayList<StoredResult>();
        var models = new ArrayList<ArtifactReference>();
        long bytes = sizeBytes(all);
        long left = bytes;
        for (var result : leastRecentFirst) {
            var model = result.model();
            if (left <= maxBytes || !result.usedAt().isBefore(before)) {
                break;
            }
            if (model != null && kept.contains(model.uri())) {
                continue;
            }
            results.add(result);
            left -= result.sizeBytes();
            if (model != null && users.merge(model.uri(), -1, Integer::sum) == 0) {
                models.add(model);
                left -= model.totalBytes();
            }
        }
        return new Eviction(results, models, bytes - left);
    }

    /** Bytes of all results and their models, each model once. */
    static long sizeBytes(List<StoredResult> all) {
        Map<String, Long> models = new HashMap<>();
        long bytes = 0;
        for (var result : all) {
            bytes += result.sizeBytes();
            if (result.model() != null) {
                models.put(result.model().uri(), result.model().totalBytes());
            }
        }
        return bytes + models.values().stream().mapToLong(Long::longValue).sum();
    }
}
