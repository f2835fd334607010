package dev.millrace.engine.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.script.ScriptOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Published models on libtorch beside ONNX Runtime; where MILLRACE_ZOO names folders with models, separated by {@code :}. */
@EnabledIfEnvironmentVariable(named = "MILLRACE_ZOO", matches = ".+")
class ZooTest {
    private static final double RELATIVE = 1e-5;

    /** ONNX Runtime's sigmoid is a polynomial with an absolute error of some 1e-8: near 0 it has few digits. */
    private static final double ABSOLUTE = 1e-6;

    /** Takes the logarithm of differences near 0 and scales by its smallest value, so rounding shows. */
    private static final Map<String, Double> ILL_CONDITIONED = Map.of("basic-pitch", 1e-4);

    @TempDir
    Path directory;

    static Stream<Path> models() throws IOException {
        var found = Stream.<Path>builder();
        for (var root : System.getenv("MILLRACE_ZOO").split(":")) {
            try (var files = Files.walk(Path.of(root))) {
                files.filter(file -> file.toString().endsWith(".onnx")
                                && !file.toString().contains("onnx-op-tests"))
                        .forEach(found);
            }
        }
        return found.build().sorted();
    }

    @ParameterizedTest
    @MethodSource("models")
    void computesWhatOnnxRuntimeComputes(Path file) throws IOException {
        var model = Model.read(file);
        try (var session = OrtSession.open(
                        file, SessionSettings.threads(1).optimization(SessionSettings.Optimization.NONE));
                var module = ScriptModule.open(model, ScriptOptions.exact(), directory, 1)) {
            var feed = feed(session, String.valueOf(file));
            try (var expected = session.run(feed);
                    var actual = module.run(feed)) {
                for (var name : expected.names()) {
                    double error = relativeError(expected.get(name), actual.get(name));
                    double largest = largestDifference(expected.get(name), actual.get(name));
                    System.out.printf(
                            "%-52s %-30s relative %.1e, largest %.1e, %d weights%n",
                            file,
                            name,
                            error,
                            largest,
                            module.script().weights().size());
                    if (largest > ABSOLUTE) {
                        assertThat(error).as(name).isLessThanOrEqualTo(tolerance(file));
                    }
                }
            }
        }
    }

    private static Map<String, Value> feed(OrtSession session, String file) {
        var random = new Random(7);
        var feed = new LinkedHashMap<String, Value>();
        for (var input : session.inputs()) {
            feed.put(input.name(), value(input, file, random));
        }
        return feed;
    }

    private static Value value(ValueSpec input, String file, Random random) {
        var dims = new long[input.rank()];
        for (int axis = 0; axis < dims.length; axis++) {
            dims[axis] = size(input.dims().get(axis), axis, dims.length, file);
        }
        var numbers = new float[(int) Value.zeros(DataType.INT8, dims).size()];
        boolean tokens = input.name().contains("ids") && !input.name().contains("type");
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = input.type() == DataType.FLOAT
                    ? (float) random.nextGaussian()
                    : input.name().equals("sr") ? 16_000 : tokens ? 1 + random.nextInt(900) : 1;
        }
        return Value.of(numbers, dims).as(input.type());
    }

    private static long size(Dimension dimension, int axis, int rank, String file) {
        if (dimension.isFixed()) {
            return dimension.size();
        }
        if (file.contains("silero-vad/")) {
            return axis == 1 && rank == 2 ? 512 : 1;
        }
        if (rank == 4) {
            return axis == 0 ? 2 : file.contains("yolo") ? 320 : axis == 2 && file.contains("rec") ? 48 : 96;
        }
        return axis == 0 ? 2 : 16;
    }

    private static double tolerance(Path file) {
        return ILL_CONDITIONED.entrySet().stream()
                .filter(model -> file.toString().contains(model.getKey()))
                .mapToDouble(Map.Entry::getValue)
                .findFirst()
                .orElse(RELATIVE);
    }

    private static double largestDifference(Value expected, Value actual) {
        double largest = 0;
        for (int i = 0; i < expected.size(); i++) {
            largest = Math.max(largest, Math.abs(expected.number(i) - actual.number(i)));
        }
        return largest;
    }

    /** {@code |a − e| / |e|}, Euclidean. */
    private static double relativeError(Value expected, Value actual) {
        assertThat(actual.describe()).isEqualTo(expected.describe());
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.size(); i++) {
            difference += Math.pow(expected.number(i) - actual.number(i), 2);
            size += Math.pow(expected.number(i), 2);
        }
        return size == 0 ? Math.sqrt(difference) : Math.sqrt(difference / size);
    }
}
