package dev.millrace.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.RefusedException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What leaves the store again. */
class RetentionTest {
    private final Instant now = Instant.now();
    private final Instant longAgo = now.minus(Duration.ofDays(100));
    private final Instant bound = now.minus(Duration.ofDays(40));

    @TempDir
    private Path temp;

    private FileArtifactStore store;

    @BeforeEach
    void open() throws IOException {
        store = FileArtifactStore.open(temp, List.of());
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    @Test
    void removesWhatItIsToldToRemove() throws IOException {
        var reference = put("abc");
        store.putDocument("key", "document".getBytes(UTF_8));

        store.remove(reference);
        store.remove(reference);
        store.removeDocument("key");
        store.removeDocument("key");

        assertGone(reference);
        assertThat(store.document("key")).isEmpty();
        assertThat(store.resolve(put("abc"))).hasContent("abc");
    }

    @Test
    void removesOnlyWhatNobodyHasUsedSince() throws IOException {
        var unused = put("unused");
        var resolved = put("resolved");
        var storedAgain = put("stored again");
        store.putDocument("unused", "document".getBytes(UTF_8));
        store.putDocument("read", "document".getBytes(UTF_8));
        ageEverything();

        store.resolve(resolved);
        put("stored again");
        store.document("read");

        assertThat(store.removeUnused(bound)).isEqualTo(2);
        assertGone(unused);
        assertThat(store.resolve(resolved)).hasContent("resolved");
        assertThat(store.resolve(storedAgain)).hasContent("stored again");
        assertThat(store.document("unused")).isEmpty();
        assertThat(store.document("read")).isPresent();
    }

    @Test
    void neverTakesAwayWhatSomebodyStoresAtTheSameTime() throws Exception {
        var threads = Executors.newSingleThreadExecutor();
        try (var cleaning = FileArtifactStore.open(temp, List.of())) {
            for (int i = 0; i < 50; i++) {
                put("wanted");
                ageEverything();
                var removing = threads.submit(() -> cleaning.removeUnused(bound));
                var reference = put("wanted");
                removing.get();
                assertThat(store.resolve(reference)).hasContent("wanted");
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void refusesToForgetWhatEventsReferTo() {
        assertThatExceptionOfType(RefusedException.class)
                .isThrownBy(() -> Cleaning.start(store, Duration.ofDays(7), Clock.systemUTC()))
                .withMessageContaining("31 days");
    }

    private ArtifactReference put(String content) throws IOException {
        return store.put(new ByteArrayInputStream(content.getBytes(UTF_8)));
    }

    private void assertGone(ArtifactReference reference) {
        assertThatExceptionOfType(RefusedException.class)
                .isThrownBy(() -> store.resolve(reference))
                .satisfies(refused -> assertThat(refused.problem().code()).isEqualTo("NOT_FOUND"));
    }

    private void ageEverything() throws IOException {
        for (var kind : List.of("artifacts", "documents")) {
            try (var tree = Files.find(temp.resolve(kind), 2, (path, attributes) -> attributes.isDirectory())) {
                for (var directory : tree.toList()) {
                    Files.setLastModifiedTime(directory, FileTime.from(longAgo));
                }
            }
        }
    }
}
