package dev.millrace.distillation;

import static java.nio.charset.StandardCharsets.US_ASCII;

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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** A task in this process: a model, perhaps a baseline, and rows of sixteen normal numbers. */
final class TestTask implements StageContext, Checkpoints {
    static final int FEATURES = 16;

    /** The process dies in the middle of a training. */
    static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private final Path directory;
    private final Path model;
    private final List<Path> checkpoints = new ArrayList<>();
    private final Map<String, LocalData> data = new HashMap<>();
    private @Nullable Path baseline;
    private Path work;
    private double dieAt = 2;

    TestTask(Path directory, Model model) throws IOException {
        this.directory = directory;
        this.model = write(model, "model.onnx");
        work = directory;
    }

    TestTask baseline(Model original) throws IOException {
        baseline = write(original, "baseline.onnx");
        return this;
    }

    Path write(Model model, String name) throws IOException {
        var file = directory.resolve(name);
        model.write(file);
        return file;
    }

    /** Rows with the labels that the function gives; no labels where it is absent. */
    TestTask rows(String role, int count, long seed, @Nullable ToIntFunction<float[]> label) throws IOException {
        var random = new Random(seed);
        var lines = new ArrayList<String>();
        for (int row = 0; row < count; row++) {
            var numbers = new float[FEATURES];
            var line = new StringBuilder();
            for (int i = 0; i < FEATURES; i++) {
                numbers[i] = (float) random.nextGaussian();
                line.append(i == 0 ? "" : ",").append(String.format(Locale.ROOT, "%.6f", numbers[i]));
            }
            lines.add(label == null ? line.toString() : line + "," + label.applyAsInt(numbers));
        }
        var header = new StringBuilder("f0");
        for (int i = 1; i < FEATURES; i++) {
            header.append(",f").append(i);
        }
        lines.add(0, label == null ? header.toString() : header + ",label");
        var file = directory.resolve(role + ".csv");
        Files.write(file, lines);
        data.put(role, new LocalData(file, "csv", Map.of()));
        return this;
    }

    /** Rows with as many class numbers as the function gives for each. */
    TestTask sequences(String role, int count, Function<float[], long[]> label) throws IOException {
        var random = new Random(3);
        var rows = new float[count * FEATURES];
        var labels = new ArrayList<long[]>();
        for (int row = 0; row < count; row++) {
            for (int i = 0; i < FEATURES; i++) {
                rows[row * FEATURES + i] = (float) random.nextGaussian();
            }
            labels.add(label.apply(Arrays.copyOfRange(rows, row * FEATURES, (row + 1) * FEATURES)));
        }
        var flat = labels.stream().flatMapToLong(Arrays::stream).toArray();
        var folder = Files.createDirectory(directory.resolve(role));
        Files.write(folder.resolve("x.npy"), npy("<f4", count, FEATURES, Float.BYTES, bytes -> {
            for (float number : rows) {
                bytes.putFloat(number);
            }
        }));
        Files.write(folder.resolve("labels.npy"), npy("<i8", count, flat.length / count, Long.BYTES, bytes -> {
            for (long number : flat) {
                bytes.putLong(number);
            }
        }));
        data.put(role, new LocalData(folder, "npy", Map.of()));
        return this;
    }

    private static byte[] npy(String type, int rows, int columns, int bytes, Consumer<ByteBuffer> numbers) {
        var header = "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }".formatted(type, rows, columns);
        var padded = header + " ".repeat(64 - (10 + header.length() + 1) % 64) + "\n";
        var file = ByteBuffer.allocate(10 + padded.length() + rows * columns * bytes)
                .order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 0x93).put("NUMPY".getBytes(US_ASCII)).put((byte) 1).put((byte) 0);
        file.putShort((short) padded.length()).put(padded.getBytes(US_ASCII));
        numbers.accept(file);
        return file.array();
    }

    /** Ends the next run when so much of it is done. */
    TestTask dieAt(double fraction) {
        dieAt = fraction;
        return this;
    }

    /** Runs with options in JSON, in a fresh working directory. */
    <O extends Record> StageResult run(Technique<O> technique, String options) throws IOException {
        fresh();
        return technique.run(OptionBinder.bind(technique.name(), technique.options(), options(options)), this);
    }

    static Map<String, JsonNode> options(String json) throws IOException {
        Map<String, JsonNode> given = new HashMap<>();
        Json.mapper().readTree(json).properties().forEach(entry -> given.put(entry.getKey(), entry.getValue()));
        return given;
    }

    /** The same task in an empty working directory. */
    TestTask fresh() throws IOException {
        work = Files.createTempDirectory(directory, "work");
        return this;
    }

    static Model model(StageResult result) throws IOException {
        return Model.read(Objects.requireNonNull(result.model()));
    }

    static double figure(StageResult result, String score, String name) {
        return Objects.requireNonNull(result.report().get(score)).path(name).asDouble(Double.NaN);
    }

    @Override
    public Path model() {
        return model;
    }

    @Override
    public Optional<Path> baseline() {
        return Optional.ofNullable(baseline);
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
        return 7;
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
        assert fraction >= 0 && fraction <= 1 : activity;
        if (fraction >= dieAt) {
            dieAt = 2;
            throw new Killed();
        }
    }
}
