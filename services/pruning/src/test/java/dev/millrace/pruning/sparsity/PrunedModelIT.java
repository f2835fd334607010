package dev.millrace.pruning.sparsity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.pruning.Attempt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the stage writes runs in ONNX Runtime, and storing zeros sparsely changes no output. */
class PrunedModelIT {
    @TempDir
    Path directory;

    static Stream<Model> models() {
        return Stream.of(TinyModels.mlp(), TinyModels.cnn(), TinyModels.branches());
    }

    @ParameterizedTest
    @MethodSource("models")
    void sparseAndDenseStorageComputeTheSame(Model model) throws IOException {
        var attempt = Attempt.of(directory, model);
        var outputs = new LinkedHashMap<Format, float[]>();
        for (var format : Format.values()) {
            var options = "{\"sparsity\": 0.9, \"format\": \"" + format.name().toLowerCase(Locale.ROOT) + "\"}";
            outputs.put(
                    format,
                    run(
                            Objects.requireNonNull(attempt.run(new Sparsify(new Magnitude()), options)
                                    .model()),
                            model));
        }
        assertThat(outputs.get(Format.SPARSE)).isEqualTo(outputs.get(Format.DENSE));
    }

    private static float[] run(Path file, Model model) throws IOException {
        Map<String, Value> feed = new LinkedHashMap<>();
        for (var input : model.graph().requiredInputs()) {
            var dims = input.shape().orElseThrow().stream()
                    .mapToLong(dim -> dim.isFixed() ? dim.size() : 2)
                    .toArray();
            feed.put(input.name(), Value.full(input.type(), 1, dims));
        }
        try (var session = OrtSession.open(file, SessionSettings.threads(1));
                var outputs = session.run(feed)) {
            var floats = outputs.get("y").floats();
            var values = new float[floats.remaining()];
            floats.get(values);
            return values;
        }
    }
}
