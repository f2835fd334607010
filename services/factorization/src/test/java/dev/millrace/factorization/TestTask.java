package dev.millrace.factorization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.message.Json;
import dev.millrace.onnx.Model;
import dev.millrace.stage.Checkpoints;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.OptionBinder;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** A task in a directory of its own, without a worker, and what its result answers. */
public record TestTask(Path directory, Path model, Path workDirectory, Map<String, LocalData> data)
        implements StageContext, Checkpoints {
    public static TestTask of(Path directory, Model model) throws IOException {
        var file = directory.resolve("original.onnx");
        model.write(file);
        return new TestTask(directory, file, Files.createTempDirectory(directory, "work"), Map.of());
    }

    /** The same with lines of numbers as calibration data. */
    public TestTask calibratedBy(float[][] rows) throws IOException {
        return with("calibration", rows);
    }

    /** The same, in a work directory of its own, with lines of numbers as data of a role. */
    public TestTask with(String role, float[][] rows) throws IOException {
        var lines = new StringBuilder();
        for (var row : rows) {
            var line = new StringBuilder();
            for (float number : row) {
                line.append(line.isEmpty() ? "" : ",").append(number);
            }
            lines.append(line).append('\n');
        }
        var file = Files.writeString(directory.resolve(role + ".csv"), lines);
        var all = new HashMap<>(data);
        all.put(role, new LocalData(file, null, Map.of("label", Json.mapper().valueToTree("none"))));
        return new TestTask(directory, model, Files.createTempDirectory(directory, "work"), all);
    }

    public <O extends Record> StageResult run(Technique<O> technique, String options) throws IOException {
        var given = new HashMap<String, com.fasterxml.jackson.databind.JsonNode>();
        Json.mapper().readTree(options).properties().forEach(entry -> given.put(entry.getKey(), entry.getValue()));
        return technique.run(OptionBinder.bind(technique.name(), technique.options(), given), this);
    }

    /** {@code ‖y − ŷ‖ / ‖y‖} of the output {@code y} between the original and the result. */
    public double relativeError(StageResult result, Value x) throws IOException {
        var settings = SessionSettings.threads(1);
        try (var before = OrtSession.open(model, settings);
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
    public Optional<Path> baseline() {
        return Optional.empty();
    }

    @Override
    public Optional<LocalData> data(String role) {
        return Optional.ofNullable(data.get(role));
    }

    @Override
    public Optional<String> metric() {
        return Optional.empty();
    }

    @Override
    public long seed() {
        return 1;
    }

    @Override
    public int threads() {
        return 1;
    }

    @Override
    public Checkpoints checkpoints() {
        return this;
    }

    @Override
    public Optional<Path> latest() {
        return Optional.empty();
    }

    @Override
    public void save(Path file) {
        throw new IllegalStateException("a test ends before its first checkpoint");
    }

    @Override
    public void progress(double fraction, String activity, Map<String, Double> metrics) {
        if (fraction < 0 || fraction > 1) {
            throw new IllegalArgumentException(activity + " at " + fraction);
        }
    }
}
