package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.message.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Cuts image classifiers down by channels, mends them on Fashion-MNIST, and prints what is left of multiply-accumulates,
 * top-1 on the 10,000 test images, and time in ONNX Runtime, one thread, both models by turns.
 *
 * <pre>{@code
 * MILLRACE_ZOO=… StructuredBenchmark folder-with-the-models resnet20,mobilenetv2s 60000 epochs=1
 * }</pre>
 *
 * <p>The number is how many training images are seen in an epoch. Further arguments are options of the technique, as JSON.
 */
public final class StructuredBenchmark {
    private static final int RUNS = 60;

    private StructuredBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        var fashion = ZooImages.fashion();
        var options = new HashMap<String, JsonNode>();
        options.put("batchSize", IntNode.valueOf(128));
        for (int i = 3; i < arguments.length; i++) {
            var pair = arguments[i].split("=", 2);
            options.put(pair[0], Json.mapper().readTree(pair[1]));
        }
        System.out.println("model             macs   top-1   before   time at batch 1 / 16   seconds");
        for (var name : arguments[1].split(",", -1)) {
            row(name, Path.of(arguments[0], name + ".onnx"), fashion, Integer.parseInt(arguments[2]), options);
        }
    }

    private static void row(String name, Path model, ZooImages fashion, int images, Map<String, JsonNode> options)
            throws IOException {
        var task = new LocalTask(
                model,
                Optional.empty(),
                role -> role.equals("training") ? Optional.of(fashion.training(images)) : Optional.empty(),
                1,
                Files.createTempDirectory("structured"));
        long start = System.nanoTime();
        var result = task.run("pruning", "structured", options);
        double seconds = (System.nanoTime() - start) / 1e9;
        var pruned = Objects.requireNonNull(result.model());
        System.out.printf(
                Locale.ROOT,
                "%-15s  %4.2fx   %5.4f   %5.4f        %4.2fx / %4.2fx         %7.0f%n",
                name,
                reported(result.report(), "macs") / reported(result.report(), "originalMacs"),
                fashion.top1(pruned),
                fashion.top1(model),
                timeRatio(pruned, model, 1),
                timeRatio(pruned, model, 16),
                seconds);
    }

    private static double reported(Map<String, JsonNode> report, String name) {
        return Objects.requireNonNull(report.get(name), name).doubleValue();
    }

    /** Median time of one model over that of another, each run once in turn so that a busy machine hurts both alike. */
    private static double timeRatio(Path model, Path original, int rows) throws IOException {
        var settings = SessionSettings.threads(1);
        try (var ours = OrtSession.open(model, settings);
                var theirs = OrtSession.open(original, settings);
                var one = ours.bind(feed(ours, rows));
                var other = theirs.bind(feed(theirs, rows))) {
            var times = new long[2][RUNS];
            for (int run = -RUNS / 4; run < RUNS; run++) { // the first ones warm up
                long first = time(one);
                long second = time(other);
                times[0][Math.max(0, run)] = first;
                times[1][Math.max(0, run)] = second;
            }
            Arrays.sort(times[0]);
            Arrays.sort(times[1]);
            return (double) times[0][RUNS / 2] / times[1][RUNS / 2];
        }
    }

    private static long time(OrtSession.Bound bound) {
        long start = System.nanoTime();
        bound.run().close();
        return System.nanoTime() - start;
    }

    private static Map<String, Value> feed(OrtSession session, int rows) {
        var feed = new LinkedHashMap<String, Value>();
        session.inputs().forEach(input -> {
            var dims = input.dims().stream()
                    .mapToLong(dim -> dim.isFixed() ? dim.size() : rows)
                    .toArray();
            feed.put(input.name(), Value.zeros(input.type(), dims));
        });
        return feed;
    }
}
