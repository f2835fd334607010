package dev.millrace.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigestsTest {
    private static final Clock LATER = Clock.offset(Clock.systemUTC(), Duration.ofHours(1));

    @TempDir
    private Path temp;

    private FileArtifactStore store;

    @BeforeEach
    void open() throws IOException {
        store = FileArtifactStore.open(temp.resolve("store"), List.of());
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    @Test
    void readsAnUnchangedFileOnce() throws IOException {
        var file = Files.writeString(temp.resolve("a"), "one");
        var digests = new Digests(LATER, store);

        var first = digests.of(file);

        assertThat(digests.remembered(file)).hasValue(first);
        assertThat(digests.of(file)).isEqualTo(first);
    }

    @Test
    void noticesAChangeThatKeepsSizeAndModificationTime() throws IOException {
        var file = Files.writeString(temp.resolve("a"), "one");
        var digests = new Digests(LATER, store);
        var before = digests.of(file);
        var modified = Files.getLastModifiedTime(file);

        Files.writeString(file, "two");
        Files.setLastModifiedTime(file, modified);

        assertThat(digests.of(file)).isNotEqualTo(before);
    }

    @Test
    void doesNotTrustAFileThatChangedJustNow() throws IOException {
        var file = Files.writeString(temp.resolve("a"), "one");
        Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
        var now = Clock.fixed(Instant.now(), ZoneOffset.UTC);
        var digests = new Digests(now, store);

        digests.of(file);

        assertThat(digests.remembered(file)).isEmpty();
    }

    @Test
    void theNextProcessKnowsTheDigestOfALargeFile() throws IOException {
        var file = temp.resolve("large");
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(64L << 20);
        }

        var digest = new Digests(LATER, store).of(file);

        assertThat(new Digests(LATER, store).remembered(file)).hasValue(digest);
    }
}
