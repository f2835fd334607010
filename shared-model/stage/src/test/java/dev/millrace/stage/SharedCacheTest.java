package dev.millrace.stage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedCacheTest {
    @TempDir
    Path directory;

    @Test
    void findsWhatWasKept() throws IOException {
        var cache = new SharedCache(directory.resolve("cache"), 1_000);

        assertThat(found(cache, "a")).isEmpty();
        keep(cache, "a", "answers");

        assertThat(found(cache, "a")).contains("answers");
        assertThat(found(cache, "b")).isEmpty();
    }

    @Test
    void removesADamagedEntryAndTakesANewOne() throws IOException {
        var cache = new SharedCache(directory, 1_000);
        keep(cache, "a", "answers");
        var file = directory.resolve("a.entry");
        for (int damage : new int[] {0, 3, 7}) {
            var bytes = Files.readAllBytes(file);
            bytes[damage] ^= 1;
            Files.write(file, bytes);

            assertThat(found(cache, "a")).isEmpty();
            assertThat(file).doesNotExist();
            keep(cache, "a", "answers");
        }
        Files.write(file, new byte[3]);
        assertThat(found(cache, "a")).isEmpty();
    }

    @Test
    void removesTheLeastRecentlyUsedBeyondTheLimit() throws IOException {
        var cache = new SharedCache(directory, 40);
        keep(cache, "old", "12 letters..");
        keep(cache, "used", "12 letters..");
        Files.setLastModifiedTime(directory.resolve("old.entry"), FileTime.from(Instant.ofEpochSecond(2)));
        Files.setLastModifiedTime(directory.resolve("used.entry"), FileTime.from(Instant.ofEpochSecond(1)));
        assertThat(found(cache, "used")).isPresent();

        keep(cache, "new", "12 letters..");

        assertThat(found(cache, "old")).isEmpty();
        assertThat(found(cache, "used")).isPresent();
        assertThat(found(cache, "new")).isPresent();
    }

    @Test
    void keepsNothingLargerThanTheLimit() throws IOException {
        var cache = new SharedCache(directory, 10);
        keep(cache, "a", "longer than ten bytes");

        assertThat(found(cache, "a")).isEmpty();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void leavesNoTraceOfWhatWasNotKept() throws IOException {
        var cache = new SharedCache(directory, 1_000);
        try (var entry = cache.entry()) {
            entry.write(ByteBuffer.wrap("half".getBytes(UTF_8)));
        }

        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void manyWriteTheSameEntryAtOnce() throws Exception {
        var cache = new SharedCache(directory, 1 << 20);
        var go = new CountDownLatch(1);
        var threads = Executors.newFixedThreadPool(4);
        var writers = new ArrayList<Future<Optional<String>>>();
        for (int i = 0; i < 16; i++) {
            writers.add(threads.submit(() -> {
                go.await();
                keep(cache, "a", "x".repeat(50_000));
                return found(cache, "a");
            }));
        }
        go.countDown();
        for (var writer : writers) {
            assertThat(writer.get()).contains("x".repeat(50_000));
        }
        threads.shutdown();
    }

    private static void keep(SharedCache cache, String key, String text) throws IOException {
        try (var entry = cache.entry()) {
            entry.write(UTF_8.encode(text));
            entry.keep(key);
        }
    }

    private static Optional<String> found(SharedCache cache, String key) throws IOException {
        return cache.find(key).map(bytes -> UTF_8.decode(bytes).toString());
    }
}
