package dev.millrace.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StagingTest {
    @TempDir
    private Path temp;

    @Test
    void whatAKilledWriterLeftIsRemovedAndALiveWriterIsLeftAlone() throws Exception {
        var other = OtherProcess.start(temp, Long.MAX_VALUE);
        try {
            await(() -> sizeOfDrafts() > 1_000_000);

            FileArtifactStore.open(temp, List.of()).close();
            assertThat(sizeOfDrafts()).as("draft of the live writer").isGreaterThan(1_000_000);
        } finally {
            other.destroyForcibly().waitFor();
        }

        FileArtifactStore.open(temp, List.of()).close();

        assertThat(temp.resolve("staging")).isEmptyDirectory();
        assertThat(temp.resolve("artifacts")).isEmptyDirectory();
    }

    @Test
    void twoStoresOfOneProcessDoNotSweepEachOther() throws IOException {
        try (var first = FileArtifactStore.open(temp, List.of());
                var second = FileArtifactStore.open(temp, List.of())) {
            assertThat(first.put(stream("a"))).isEqualTo(second.put(stream("a")));
        }
        assertThat(temp.resolve("staging")).isEmptyDirectory();
    }

    @Test
    void storesAStreamLargerThanTheHeap() throws Exception {
        var other = OtherProcess.start(temp, 128L << 20, "-Xmx16m");

        var uri = new String(other.getInputStream().readAllBytes(), UTF_8).strip();

        assertThat(other.waitFor()).isZero();
        assertThat(uri).isEqualTo("millrace:sha256/254bcc3fc4f27172636df4bf32de9f107f620d559b20d760197e452b97453917");
    }

    @Test
    void aFullDiskIsSaidToBeFullAndRecovers() throws Exception {
        var disk = Files.createDirectory(temp.resolve("disk"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()), "mounting needs root");
        try (var store = FileArtifactStore.open(disk, List.of())) {
            var filler = Files.write(disk.resolve("filler"), new byte[600_000]);

            assertThatExceptionOfType(StorageFullException.class)
                    .isThrownBy(() -> store.put(new ByteArrayInputStream(new byte[500_000])))
                    .withMessageContaining("No room in " + disk.toRealPath());
            assertThat(disk.resolve("artifacts")).isEmptyDirectory();
            assertThat(filesBelow(disk.resolve("staging"))).as("the lock file").isOne();

            Files.delete(filler);
            var reference = store.put(new ByteArrayInputStream(new byte[500_000]));
            assertThat(store.resolve(reference)).hasSize(500_000);
        } finally {
            assertThat(run("umount", disk.toString())).isTrue();
        }
    }

    private long sizeOfDrafts() throws IOException {
        var staging = temp.resolve("staging");
        if (!Files.isDirectory(staging)) {
            return 0;
        }
        try (Stream<Path> paths = Files.walk(staging)) {
            return paths.mapToLong(path -> path.toFile().length()).sum();
        }
    }

    private static long filesBelow(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.filter(Files::isRegularFile).count();
        }
    }

    private static boolean run(String... command) throws Exception {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(Condition condition) throws Exception {
        while (!condition.holds()) {
            Thread.sleep(Duration.ofMillis(20).toMillis());
        }
    }

    private static ByteArrayInputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(UTF_8));
    }
}
