package dev.millrace.factorization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.message.Json;
import dev.millrace.onnx.Model;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.fixture.LocalTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** A task with lines of numbers as data, and what its result answers. */
public final class TestTask extends LocalTask {
    private final Map<String, LocalData> data;

    private TestTask(Path directory, Path model, Map<String, LocalData> data) {
        super(directory, model);
        this.data = Map.copyOf(data);
        data.forEach(this::data);
    }

    public static TestTask of(Path directory, Model model) throws IOException {
        var file = directory.resolve("original.onnx");
        model.write(file);
        return new TestTask(directory, file, Map.of());
    }

    /** A task with a model that is there. */
    public static TestTask of(Path directory, Path model) {
        return new TestTask(directory, model, Map.of());
    }

    /** The same with lines of numbers as calibration data. */
    public TestTask calibratedBy(float[][] rows) throws IOException {
        return with("calibration", rows);
    }

    /** The same with lines of numbers as data of a role. */
    public TestTask with(String role, float[][] rows) throws IOException {
        var lines = new StringBuilder();
        for (var row : rows) {
            var line = new StringBuilder();
            for (float number : row) {
                line.append(line.isEmpty() ? "" : ",").append(number);
            }
            lines.append(line).append('\n');
        }
        var file = Files.writeString(directory().resolve(role + ".csv"), lines);
        var all = new HashMap<>(data);
        all.put(role, new LocalData(file, null, Map.of("label", Json.mapper().valueToTree("none"))));
        return new TestTask(directory(), model(), all);
    }

    /** {@code ‖y − ŷ‖ / ‖y‖} of the output {@code y} between the original and the result. */
    public double relativeError(StageResult result, Value x) throws IOException {
        var settings = SessionSettings.threads(1);
        try (var before = OrtSession.open(model(), settings);
                var after = OrtSession.open(Objects.requireNonNull(result.model()), settings);
                var expected = before.run(Map.of("x", x));
                var found = after.run(Map.of("x", x))) {
            var a = expected.get("y").floats();
            var b = found.get("y").floats();
            double error = 0;
            double size = 0;
            for (int i = 0; i < a.remaining(); i++) {
                error += Math.pow(a.get(i) - b.get(i), 2);
                size += Math.pow(a.get(i), 2);
            }
            return Math.sqrt(error / size);
        }
    }

    @Override
    public void save(Path file) {
        throw new IllegalStateException("a test ends before its first checkpoint");
    }
}
