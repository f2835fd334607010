package dev.millrace.engine.torch;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** Published models and something to run them on. */
public final class ZooModels {
    private ZooModels() {}

    /** Every model in the folders that MILLRACE_ZOO names, separated by {@code :}. */
    public static Stream<Path> files() throws IOException {
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

    /** Inputs that the model of a file can run on, the same every time. */
    public static Map<String, Value> feed(OrtSession session, String file) {
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
}
