package dev.millrace.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupernetTest {
    private static final String SPACE =
            "\"space\": {\"kind\": \"derived\", \"width\": [0.25, 0.5, 1], \"multipleOf\": 2}";

    @TempDir
    Path directory;

    private TestTask task() throws IOException {
        return new TestTask(directory).images("training", 240, 1).images("validation", 60, 2);
    }

    @Test
    void picksATrainedPartWithinTheLimit() throws IOException {
        var limit = 64 * (4 * 9 + 4 * 6 * 9) + 18.0;

        var result = task().run(
                        new Supernet(),
                        "{%s, \"epochs\": 12, \"learningRate\": 0.02, \"batchSize\": 32, \"candidates\": 9, %s}"
                                .formatted(SPACE, "\"latency\": \"none\", \"constraints\": {\"macs\": " + limit + "}"));

        assertThat(result.figures().get("macs")).isLessThanOrEqualTo(limit);
        assertThat(result.figures().get("top1")).isGreaterThan(0.8);
        assertThat(Files.size(Objects.requireNonNull(result.model()))).isPositive();
        assertThat(Objects.requireNonNull(result.report().get("front")).size()).isPositive();
    }

    @Test
    void maskingComputesWhatSlicingDoes() throws IOException {
        var task = task();
        var space = (DerivedSpace)
                Spaces.read(Json.mapper().readTree("{" + SPACE + "}").get("space"), task);
        var architecture =
                space.settle(Map.<String, JsonNode>of("width.1", IntNode.valueOf(4), "width.2", IntNode.valueOf(6)));
        var elastic = new ElasticModel(space);
        var masked = directory.resolve("masked.onnx");
        elastic.model().write(masked);
        var sliced = directory.resolve("sliced.onnx");
        space.build(architecture, 1).write(sliced);
        var image = Value.full(DataType.FLOAT, 0.7, 1, 1, TestTask.SIDE, TestTask.SIDE);
        var feed = new LinkedHashMap<>(elastic.masks(architecture));
        feed.put("image", image);

        try (var a = OrtSession.open(masked, SessionSettings.threads(1));
                var b = OrtSession.open(sliced, SessionSettings.threads(1));
                var one = a.run(feed);
                var other = b.run(Map.of("image", image))) {
            var name = b.outputs().get(0).name();
            for (int i = 0; i < TestTask.CLASSES; i++) {
                assertThat(one.get(name).number(i)).isCloseTo(other.get(name).number(i), Offset.offset(1e-5));
            }
        }
    }

    @Test
    void refusesASpaceWhoseCandidatesShareNoWeights() throws IOException {
        var task = task();

        assertThatThrownBy(() -> task.run(new Supernet(), "{\"space\": {\"kind\": \"images\", \"stages\": [1, 2]}}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("SPACE_MISFIT")
                .hasMessageContaining("kind: derived");
    }
}
