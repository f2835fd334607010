package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.artifact.FileArtifactStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskCheckpointTest {
    @TempDir
    private Path temp;

    private FileArtifactStore store;
    private TaskCheckpoint checkpoint;

    @BeforeEach
    void open() throws IOException {
        store = FileArtifactStore.open(temp.resolve("store"), List.of());
        checkpoint = new TaskCheckpoint(store, TaskKey.of(Map.of("task", "this one")));
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    @Test
    void onlyTheNewestIsKept() throws IOException {
        checkpoint.save(state("first"));
        checkpoint.save(state("second"));
        checkpoint.save(state("second"));

        assertThat(checkpoint.latest())
                .hasValueSatisfying(path -> assertThat(path).hasContent("second"));
        assertThat(stored()).isEqualTo(1);
    }

    @Test
    void nothingIsLeftAfterTheEnd() throws IOException {
        checkpoint.save(state("only"));

        checkpoint.remove();
        checkpoint.remove();

        assertThat(checkpoint.latest()).isEmpty();
        assertThat(stored()).isZero();
    }

    private Path state(String content) throws IOException {
        return Files.writeString(temp.resolve("state"), content);
    }

    private long stored() throws IOException {
        try (var files = Files.walk(temp.resolve("store").resolve("artifacts"))) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.endsWith("model.onnx"))
                    .count();
        }
    }
}
