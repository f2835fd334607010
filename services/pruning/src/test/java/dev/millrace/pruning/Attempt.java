package dev.millrace.pruning;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A task in a directory of its own, without a worker; every run is an attempt that finds the checkpoints of the last. */
final class Attempt implements StageContext, Checkpoints {
    /** The process dies in the middle of an attempt. */
    static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    static final int FEATURES = 16;

    private final Path directory;
    private final Path model;
    private final long seed;
    private final Map<String, LocalData> data = new HashMap<>();
    private final List<Path> checkpoints = new ArrayList<>();
    private Path work;
    private double dieAt = 2;

    private Attempt(Path directory, Path model, long seed) {
        this.directory = directory;
        this.model = model;
        this.seed = seed;
        work = directory;
    }

    static Attempt of(Path parent, Model model) throws IOException {
        return of(parent, model, 1);
    }

    static Attempt of(Path parent, Model model, long seed) throws IOException {
        var directory = Files.createTempDirectory(parent, "task");
        var file = directory.resolve("original.onnx");
        model.write(file);
        return new Attempt(directory, file, seed);
    }

    /** Rows of sixteen normal numbers, with the labels that the function gives; without any where it is absent. */
    Attempt rows(String role, int count, @Nullable ToIntFunction<float[]> label) throws IOException {
        var random = new Random(role.hashCode());
        var names = IntStream.range(0, FEATURES).mapToObj(i -> "f" + i).collect(Collectors.joining(","));
        var lines = new ArrayList<>(List.of(label == null ? names : names + ",label"));
        for (int row = 0; row < count; row++) {
            var numbers = new float[FEATURES];
            for (int i = 0; i < FEATURES; i++) {
                numbers[i] = Math.round(1000 * random.nextGaussian()) / 1000f;
            }
            var line = Arrays.toString(numbers).replaceAll("[\\[\\] ]", "");
            lines.add(label == null ? line : line + "," + label.applyAsInt(numbers));
        }
        var file = Files.write(directory.resolve(role + ".csv"), lines);
        data.put(role, new LocalData(file, "csv", Map.of()));
        return this;
    }

    /** Ends the next run when so much of it is done. */
    Attempt dieAt(double fraction) {
        dieAt = fraction;
        return this;
    }

    <O extends Record> StageResult run(Technique<O> technique, O options) throws IOException {
        work = Files.createTempDirectory(directory, "work");
        return technique.run(options, this);
    }

    /** Runs with options in JSON. */
    <O extends Record> StageResult run(Technique<O> technique, String options) throws IOException {
        Map<String, JsonNode> given = new HashMap<>();
        Json.mapper().readTree(options).properties().forEach(entry -> given.put(entry.getKey(), entry.getValue()));
        return run(technique, OptionBinder.bind(technique.name(), technique.options(), given));
    }

    static Model model(StageResult result) throws IOException {
        return Model.read(Objects.requireNonNull(result.model()));
    }

    static JsonNode reported(StageResult result, String key) {
        return Objects.requireNonNull(result.report().get(key), key);
    }

    @Override
    public Path model() {
        return model;
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
        return seed;
    }

    @Override
    public int threads() {
        return 1;
    }

    @Override
    public Path workDirectory() {
        return work;
    }

    @Override
    public Checkpoints checkpoints() {
        return this;
    }

    int saved() {
        return checkpoints.size();
    }

    @Override
    public Optional<Path> latest() {
        return checkpoints.isEmpty() ? Optional.empty() : Optional.of(checkpoints.get(checkpoints.size() - 1));
    }

    @Override
    public void save(Path file) throws IOException {
        checkpoints.add(Files.copy(file, directory.resolve("checkpoint-" + checkpoints.size())));
    }

    @Override
    public void progress(double fraction, String activity, Map<String, Double> metrics) {
        if (!(fraction >= 0 && fraction <= 1)) {
            throw new IllegalArgumentException("fraction " + fraction);
        }
        if (fraction >= dieAt) {
            dieAt = 2;
            throw new Killed();
        }
    }
}
