package dev.millrace.quantization;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;

/** A task on a model made by a test: writes the model and its data, runs a technique, compares the results. */
final class TestTask {
    private static final int SAMPLES = 16;

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
        int size = 1;
        for (int dim : dims) {
            size *= dim;
        }
        var random = new Random(7);
        var values = new float[SAMPLES * size];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        var shape = new long[dims.length + 1];
        shape[0] = SAMPLES;
        var text = new StringBuilder("(" + SAMPLES + ",");
        for (int i = 0; i < dims.length; i++) {
            shape[i + 1] = dims[i];
            text.append(dims[i]).append(',');
        }
        var value = Value.of(values, shape);
        feed.put(input, value);
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + text + "), }";
        var padded = header + " ".repeat(63 - (header.length() + 10) % 64) + "\n";
        var bytes =
                ByteBuffer.allocate(10 + padded.length() + values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) padded.length());
        bytes.put(padded.getBytes(StandardCharsets.US_ASCII)).put(value.bytes());
        Files.write(directory.resolve("data").resolve(input + ".npy"), bytes.array());
        return this;
    }

    /** Another input for {@link #relativeError}; no data file. */
    TestTask feed(String input, Value value) {
        feed.put(input, value);
        return this;
    }

    /** Runs with options in JSON. */
    <O extends Record> StageResult run(Technique<O> technique, String options) throws IOException {
        Map<String, JsonNode> given = new HashMap<>();
        Json.mapper().readTree(options).properties().forEach(entry -> given.put(entry.getKey(), entry.getValue()));
        var work = Files.createTempDirectory(directory, "work");
        return technique.run(OptionBinder.bind(technique.name(), technique.options(), given), new Context(work));
    }

    Path model() {
        return model;
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

    private final class Context implements StageContext {
        private final Path work;

        Context(Path work) {
            this.work = work;
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
            return Optional.of(new LocalData(directory.resolve("data"), "npy", Map.of()));
        }

        @Override
        public Optional<String> metric() {
            return Optional.empty();
        }

        @Override
        public long seed() {
            return 0;
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
            throw new IllegalStateException("quantization saves no checkpoints");
        }

        @Override
        public void progress(double fraction, String activity, Map<String, Double> metrics) {
            assert fraction >= 0 && fraction <= 1 : activity;
        }
    }

    /** A field that the report must have. */
    static JsonNode field(StageResult result, String name) {
        return Objects.requireNonNull(result.report().get(name), name);
    }
}
