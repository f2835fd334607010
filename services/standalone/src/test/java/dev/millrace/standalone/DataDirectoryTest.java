package dev.millrace.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir
    Path path;

    @Test
    void removesTheRunsOfProcessesThatAreGone() throws Exception {
        var directory = new DataDirectory(path);
        var stale = directory.holdRun();
        Files.writeString(stale.directory().resolve("kafka"), "records");
        stale.close();

        try (var held = directory.holdRun()) {
            assertThat(stale.directory()).doesNotExist();
            assertThat(held.directory()).isDirectory();
        }
    }

    @Test
    void tellsNoAddressOfAServerThatIsGone() throws Exception {
        var directory = new DataDirectory(path);
        try (var held = directory.holdServer().orElseThrow()) {
            held.publish(URI.create("http://127.0.0.1:8321"));
        }

        assertThat(directory.serverAddress()).isEmpty();
    }
}
