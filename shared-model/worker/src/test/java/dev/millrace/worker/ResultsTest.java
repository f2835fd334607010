package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.artifact.FileArtifactStore;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CacheLookup.Difference;
import dev.millrace.message.Json;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is stored of results, why one is not found, and which go when there are too many. */
class ResultsTest {
    private static final int MODEL_BYTES = 10_000;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    @TempDir
    private Path temp;

    private FileArtifactStore store;
    private ResultCache results;

    @BeforeEach
    void open() throws IOException {
        store = FileArtifactStore.open(temp, List.of());
        results = new ResultCache(store, new ResultIndex(store));
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    @Test
    void saysWhichPartsOfTheKeyDifferFromTheNearestResult() throws IOException {
        keep(key(0.5, 1));
        keep(key(0.6, 2));

        var why = results.missed(key(0.7, 1));

        assertThat(why.hit()).isFalse();
        assertThat(why.differences())
                .containsExactly(new Difference(
                        "options.sparsity",
                        Json.mapper().valueToTree(0.7),
                        Json.mapper().valueToTree(0.5)));
        assertThat(why.because()).isEqualTo("options.sparsity is 0.7, of the nearest stored result it was 0.5.");
    }

    @Test
    void resultsOfOtherTechniquesAreNotNear() throws IOException {
        keep(key(0.5, 1));
        var other = new HashMap<String, Object>(Map.of("stage", "pruning", "technique", "wanda", "seed", 1));

        assertThat(results.missed(TaskKey.of(other)).because()).isEqualTo("No result of pruning:wanda is stored.");
    }

    @Test
    void whatAnotherWorkerStoresIsFoundAndSoIsWhyNot() throws IOException {
        try (var elsewhere = FileArtifactStore.open(temp, List.of())) {
            new ResultCache(elsewhere, new ResultIndex(elsewhere)).keep(key(0.5, 1), manifest(key(0.5, 1)));
        }

        var found = results.find(key(0.5, 1)).orElseThrow();
        assertThat(results.hit(key(0.5, 1), found).hit()).isTrue();
        assertThat(results.missed(key(0.5, 2)).because()).startsWith("seed is 2");
    }

    @Test
    void theLeastRecentlyUsedGoUntilTheRestIsWithinTheLimit() throws IOException {
        for (int i = 0; i < 4; i++) {
            keep(key(i, 0));
            age(key(i, 0), 100 - i);
        }
        results.find(key(0, 0)); // used just now

        cleaning(3 * MODEL_BYTES, Set.of()).clean();

        assertThat(results.find(key(0, 0))).isPresent();
        assertThat(results.find(key(1, 0))).isEmpty();
        assertThat(results.find(key(2, 0))).isEmpty();
        assertThat(results.find(key(3, 0))).isPresent();
        assertThat(meters.counter("millrace.cache.evictions").count()).isEqualTo(2);
        assertThat(meters.get("millrace.cache.entries").gauge().value()).isEqualTo(2);
        assertThat(meters.get("millrace.cache.bytes").gauge().value()).isBetween(2.0 * MODEL_BYTES, 3.0 * MODEL_BYTES);
    }

    @Test
    void whatAJobNeedsStaysWhateverTheLimit() throws IOException {
        var needed = keep(key(1, 0));
        keep(key(2, 0));
        age(key(1, 0), 100);
        age(key(2, 0), 50);

        cleaning(1, Set.of(needed.uri())).clean();

        assertThat(results.find(key(1, 0))).isPresent();
        assertThat(store.resolve(needed)).exists();
        assertThat(results.find(key(2, 0))).isEmpty();
    }

    @Test
    void whatWasUsedJustNowStays() throws IOException {
        keep(key(1, 0));

        cleaning(1, Set.of()).clean();

        assertThat(results.find(key(1, 0))).isPresent();
    }

    @Test
    void aModelOfTwoResultsCountsOnceAndGoesWithTheLast() {
        var model = new ArtifactReference("millrace:sha256/" + "a".repeat(64), "a".repeat(64), 1000L, List.of());
        var old = new StoredResult("old", Instant.EPOCH, 10, model);
        var newer = new StoredResult("newer", Instant.EPOCH.plusSeconds(1), 10, model);

        assertThat(Eviction.sizeBytes(List.of(old, newer))).isEqualTo(1020);
        var one = Eviction.of(List.of(old, newer), Set.of(), 1015, Instant.MAX);
        assertThat(one.results()).containsExactly(old);
        assertThat(one.models()).isEmpty();
        var both = Eviction.of(List.of(old, newer), Set.of(), 0, Instant.MAX);
        assertThat(both.models()).containsExactly(model);
        assertThat(both.freedBytes()).isEqualTo(1020);
    }

    private ResultCleaning cleaning(long maxBytes, Set<String> kept) {
        return new ResultCleaning(
                store, new ResultIndex(store), () -> kept, maxBytes, Clock.systemUTC(), new WorkerMetrics(meters));
    }

    private ArtifactReference keep(TaskKey key) throws IOException {
        var manifest = manifest(key);
        results.keep(key, manifest);
        return Objects.requireNonNull(manifest.model());
    }

    private ResultManifest manifest(TaskKey key) throws IOException {
        var bytes = new byte[MODEL_BYTES];
        System.arraycopy(key.hex().getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, 64);
        var model = store.put(new ByteArrayInputStream(bytes));
        return new ResultManifest(key.parts(), model, null, Map.of(), Map.of(), 1500, Map.of(), null);
    }

    private static TaskKey key(double sparsity, long seed) {
        return TaskKey.of(Map.of(
                "stage",
                "pruning",
                "technique",
                "magnitude",
                "options",
                Map.of("sparsity", sparsity, "scope", "global"),
                "model",
                List.of("abc", List.of()),
                "seed",
                seed));
    }

    /** As if used last so long ago. */
    private void age(TaskKey key, int minutes) throws IOException {
        var then = FileTime.from(Instant.now().minus(Duration.ofMinutes(minutes)));
        var model = store.look(key.resultDocument())
                .map(bytes -> Json.read(bytes, ResultManifest.class).model())
                .orElseThrow();
        for (var named : List.of(key.hex(), Objects.requireNonNull(model.sha256()))) {
            try (var places = Files.find(temp, 5, (path, a) -> path.endsWith(named))) {
                for (var place : places.toList()) {
                    Files.setLastModifiedTime(place, then);
                }
            }
        }
    }
}
