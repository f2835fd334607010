package dev.millrace.quantization;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.stage.fixture.LocalTask;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A task on a model made by a test: writes the model and its data, runs a technique, compares the results. */
final class TestTask {
    /** Rows that {@link #floats} makes. */
    static final int SAMPLES = 16;

    private final Path directory;
    private final Path model;
    private final Map<String, Value> feed = new HashMap<>();

    TestTask(Path directory, Model model) throws IOException {
        this.directory = directory;
        this.model = directory.resolve("input.onnx");
        model.write(this.model);
        Files.createDirectories(directory.resolve("data"));
    }

    /** Normal numbers for an input; the first axis of {@code dims} is one sample's. */
    TestTask floats(String input, int... dims) throws IOException {
        var shape = new long[dims.length + 1];
        shape[0] = SAMPLES;
        for (int i = 0; i < dims.length; i++) {
            shape[i + 1] = dims[i];
        }
        var value = normal(new Random(7), shape);
        feed.put(input, value);
        return npy(input, value);
    }

    /** A data file for an input, whatever the model says of it. */
    TestTask npy(String input, Value value) throws IOException {
        Files.write(directory.resolve("data").resolve(input + ".npy"), npy(value));
        return this;
    }

    /** Whole feeds of normal numbers, each of its own shape; the last one is compared too. */
    TestTask feeds(String input, long[]... shapes) throws IOException {
        var random = new Random(7);
        try (var zip = new ZipOutputStream(
                Files.newOutputStream(directory.resolve("data").resolve("feeds.npz")))) {
            for (int i = 0; i < shapes.length; i++) {
                var value = normal(random, shapes[i]);
                zip.putNextEntry(new ZipEntry("%03d/%s.npy".formatted(i, input)));
                zip.write(npy(value));
                feed.put(input, value);
            }
        }
        return this;
    }

    private static Value normal(Random random, long... shape) {
        int size = 1;
        for (long dim : shape) {
            size *= (int) dim;
        }
        var values = new float[size];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Value.of(values, shape);
    }

    private static byte[] npy(Value value) {
        var type = value.type() == DataType.FLOAT ? "<f4" : "<i8";
        var shape = Arrays.stream(value.dims()).mapToObj(dim -> dim + ",").collect(Collectors.joining());
        var header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
        var padded = header + " ".repeat(63 - (header.length() + 10) % 64) + "\n";
        var bytes = ByteBuffer.allocate(10 + padded.length() + value.bytes().remaining())
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) padded.length());
        return bytes.put(padded.getBytes(StandardCharsets.US_ASCII))
                .put(value.bytes())
                .array();
    }

    /** Another input for {@link #relativeError}; no data file. */
    TestTask feed(String input, Value value) {
        feed.put(input, value);
        return this;
    }

    /** The first row of an input's data, as a batch of one. */
    Value firstRow(String input) {
        var all = Objects.requireNonNull(feed.get(input));
        var dims = all.dims();
        dims[0] = 1;
        return Value.of(
                all.type(), dims, all.bytes().slice(0, (int) (all.bytes().remaining() / all.dim(0))));
    }

    /** Runs with options in JSON, from the beginning. */
    <O extends Record> StageResult run(Technique<O> technique, String options) throws IOException {
        return attempts().run(technique, options);
    }

    /** A task without checkpoints yet; the data has every role. */
    LocalTask attempts() throws IOException {
        var data = new LocalData(directory.resolve("data"), null, Map.of());
        var task = new LocalTask(Files.createTempDirectory(directory, "task"), model).seed(0);
        Stream.of("calibration", "training", "validation", "evaluation").forEach(role -> task.data(role, data));
        return task;
    }

    Path model() {
        return model;
    }

    /** An output of the result, all optimizations on. */
    Value output(StageResult result, String output) throws IOException {
        try (var session = OrtSession.open(Objects.requireNonNull(result.model()), SessionSettings.threads(1));
                var values = session.run(feed)) {
            var value = values.get(output);
            var bytes = ByteBuffer.allocateDirect(value.bytes().remaining());
            return Value.of(value.type(), value.dims(), bytes.put(value.bytes()).flip());
        }
    }

    /** {@code |a − b| / |a|} of an output between the original and another model, all optimizations on. */
    double relativeError(StageResult result, String output) throws IOException {
        var settings = SessionSettings.threads(1);
        try (var original = OrtSession.open(model, settings);
                var quantized = OrtSession.open(Objects.requireNonNull(result.model()), settings);
                var expected = original.run(feed);
                var found = quantized.run(feed)) {
            var a = expected.get(output).floats();
            var b = found.get(output).floats();
            double error = 0;
            double size = 0;
            for (int i = 0; i < a.remaining(); i++) {
                error += (a.get(i) - b.get(i)) * (a.get(i) - b.get(i));
                size += a.get(i) * a.get(i);
            }
            return Math.sqrt(error / size);
        }
    }

    /** A field that the report must have. */
    static JsonNode field(StageResult result, String name) {
        return Objects.requireNonNull(result.report().get(name), name);
    }
}
