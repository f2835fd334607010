package dev.millrace.worker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.artifact.FileArtifactStore;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.DataReference;
import dev.millrace.message.TaskIssued;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InputResolverTest {
    private static final int BUFFER_BYTES = 1 << 18;

    @TempDir
    private Path temp;

    private Path files;
    private FileArtifactStore store;
    private InputResolver inputs;

    @BeforeEach
    void open() throws IOException {
        files = Files.createDirectory(temp.resolve("files")).toRealPath();
        store = FileArtifactStore.open(temp.resolve("store"), List.of(files));
        inputs = new InputResolver(store);
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    @Test
    void theSameBytesAreTheSameContentWhereverTheyAre() throws IOException {
        var one = write("one.onnx", "bytes");
        var other = write("other.onnx", "bytes");

        assertThat(contents("a/0", one)).isEqualTo(contents("b/0", other));
        assertThat(contents("a/0", one)).isNotEqualTo(contents("a/0", write("third.onnx", "other bytes")));
    }

    @Test
    void aFileWithExternalDataIsContentOfItsTaskAlone() throws IOException {
        var model = write("model.onnx", "\n\u0008location\u0012\u0007weights");
        write("weights", "1");

        assertThat(contents("a/0", model)).isNotEqualTo(contents("b/0", model)).isEqualTo(contents("a/0", model));
    }

    @Test
    void aStoredModelWithExternalDataIsTheSameContentForAll() throws IOException {
        write("model.onnx", "\n\u0008location\u0012\u0007weights");
        write("weights", "1");
        var first = store.put(files.resolve("model.onnx"), List.of("weights"));
        write("weights", "2");
        var second = store.put(files.resolve("model.onnx"), List.of("weights"));

        assertThat(contents("a/0", first)).isEqualTo(contents("b/0", first)).isNotEqualTo(contents("a/0", second));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, BUFFER_BYTES - 12, BUFFER_BYTES - 8, BUFFER_BYTES - 3, BUFFER_BYTES})
    void findsExternalDataAnywhereInAFile(int before) throws IOException {
        write("model.onnx", "l".repeat(before) + "location");
        assertThat(ExternalData.mayBeIn(files.resolve("model.onnx"))).isTrue();

        write("model.onnx", "l".repeat(before) + "locatioN");
        assertThat(ExternalData.mayBeIn(files.resolve("model.onnx"))).isFalse();
    }

    @Test
    void filesAmongOptionsAreResolvedAndComparedByContent() throws IOException {
        var model = write("model.onnx", "bytes");
        var data = write("data.csv", "1,2");
        var vocabulary = write("vocabulary of words.txt", "a b");
        Map<String, JsonNode> options = Map.of("words", TextNode.valueOf(vocabulary.uri()));
        var task = task("a/0", model, options, Map.of("calibration", new DataReference(data.uri(), "csv", options)));

        var before = inputs.resolve(task);
        var path = files.resolve("vocabulary of words.txt").toString();
        assertThat(before.options()).containsEntry("words", TextNode.valueOf(path));
        assertThat(requireNonNull(before.data().get("calibration")).options())
                .containsEntry("words", TextNode.valueOf(path));
        var digest = inputs.optionContents(options);

        write("vocabulary of words.txt", "a c");
        assertThat(inputs.resolve(task).contents()).isNotEqualTo(before.contents());
        assertThat(inputs.optionContents(options)).isNotEqualTo(digest);
    }

    private Map<String, Object> contents(String taskId, ArtifactReference model) throws IOException {
        return inputs.resolve(task(taskId, model, Map.of(), Map.of())).contents();
    }

    private static TaskIssued task(
            String taskId, ArtifactReference model, Map<String, JsonNode> options, Map<String, DataReference> data) {
        return new TaskIssued("a", taskId, 0, "probe", "echo", options, model, null, data, null, 0, null);
    }

    private ArtifactReference write(String name, String content) throws IOException {
        return ArtifactReference.of(
                Files.writeString(files.resolve(name), content).toUri().toString());
    }
}
