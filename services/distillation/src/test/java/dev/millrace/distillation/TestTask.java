package dev.millrace.distillation;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.millrace.onnx.Model;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.fixture.LocalTask;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** A task with a model, perhaps a baseline, and rows of sixteen normal numbers. */
final class TestTask extends LocalTask {
    static final int FEATURES = 16;

    TestTask(Path directory, Model model) throws IOException {
        super(directory, write(model, directory.resolve("model.onnx")));
        seed(7);
    }

    TestTask baseline(Model original) throws IOException {
        baseline(write(original, "baseline.onnx"));
        return this;
    }

    Path write(Model model, String name) throws IOException {
        return write(model, directory().resolve(name));
    }

    private static Path write(Model model, Path file) throws IOException {
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
        var file = directory().resolve(role + ".csv");
        Files.write(file, lines);
        data(role, new LocalData(file, "csv", Map.of()));
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
        var folder = Files.createDirectory(directory().resolve(role));
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
        data(role, new LocalData(folder, "npy", Map.of()));
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

    static Model model(StageResult result) throws IOException {
        return Model.read(Objects.requireNonNull(result.model()));
    }

    static double figure(StageResult result, String score, String name) {
        return Objects.requireNonNull(result.report().get(score)).path(name).asDouble(Double.NaN);
    }
}
