package dev.millrace.pruning;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.onnx.Model;
import dev.millrace.stage.Checkpoints;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** One attempt in a directory of its own, without a worker. */
record Attempt(Path model, Path workDirectory, long seed) implements StageContext {
    static Attempt of(Path directory, Model model) throws IOException {
        var file = directory.resolve("original.onnx");
        model.write(file);
        return new Attempt(file, Files.createTempDirectory(directory, "attempt"), 1);
    }

    <O extends Record> StageResult run(Technique<O> technique, O options) throws IOException {
        return technique.run(options, this);
    }

    static Model model(StageResult result) throws IOException {
        return Model.read(Objects.requireNonNull(result.model()));
    }

    static JsonNode reported(StageResult result, String key) {
        return Objects.requireNonNull(result.report().get(key), key);
    }

    @Override
    public Optional<Path> baseline() {
        return Optional.empty();
    }

    @Override
    public Optional<LocalData> data(String role) {
        return Optional.empty();
    }

    @Override
    public Optional<String> metric() {
        return Optional.empty();
    }

    @Override
    public int threads() {
        return 1;
    }

    @Override
    public Checkpoints checkpoints() {
        throw new UnsupportedOperationException("pruning in one shot keeps no checkpoints");
    }

    @Override
    public void progress(double fraction, String activity, Map<String, Double> metrics) {
        if (fraction < 0 || fraction > 1) {
            throw new IllegalArgumentException("fraction " + fraction);
        }
    }
}
