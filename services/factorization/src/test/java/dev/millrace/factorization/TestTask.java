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
record TestTask(Path directory, Path model, Path workDirectory, Optional<LocalData> calibration)
        implements StageContext {
    static TestTask of(Path directory, Model model) throws IOException {
        var file = directory.resolve("original.onnx");
        model.write(file);
        return new TestTask(directory, file, Files.createTempDirectory(directory, "work"), Optional.empty());
    }

    /** The same with lines of numbers as calibration data. */
    TestTask calibratedBy(float[][] rows) throws IOException {
        var lines = new StringBuilder();
        for (var row : rows) {
            var line = new StringBuilder();
            for (float number : row) {
                line.append(line.isEmpty() ? "" : ",").append(number);
            }
            lines.append(line).append('\n');
        }
        var file = Files.writeString(directory.resolve("calibration.csv"), lines);
        var data = new LocalData(file, null, Map.of("label", Json.mapper().valueToTree("none")));
        return new TestTask(directory, model, workDirectory, Optional.of(data));
    }

    <O extends Record> StageResult run(Technique<O> technique, String options) throws IOException {
        var given = new HashMap<String, com.fasterxml.jackson.databind.JsonNode>();
        Json.mapper().readTree(options).properties().forEach(entry -> given.put(entry.getKey(), entry.getValue()));
        return technique.run(OptionBinder.bind(technique.name(), technique.options(), given), this);
    }

    /** {@code ‖y − ŷ‖ / ‖y‖} of the output {@code y} between the original and the result. */
    double relativeError(StageResult result, Value x) throws IOException {
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
        return role.equals("calibration") ? calibration : Optional.empty();
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
        throw new UnsupportedOperationException("factorizing keeps no checkpoints");
    }

    @Override
    public void progress(double fraction, String activity, Map<String, Double> metrics) {
        if (fraction < 0 || fraction > 1) {
            throw new IllegalArgumentException(activity + " at " + fraction);
        }
    }
}
