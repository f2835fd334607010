package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.metric.TaskMetrics;
import dev.millrace.message.Json;
import dev.millrace.stage.LocalData;
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
    private static final Map<String, JsonNode> NORMALIZATION =
            Map.of("mean", DoubleNode.valueOf(0.286), "std", DoubleNode.valueOf(0.353));

    private static final int RUNS = 60;

    private StructuredBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        var fashion = Path.of(System.getenv("MILLRACE_ZOO"), "data", "fashion-mnist");
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

    private static void row(String name, Path model, Path fashion, int images, Map<String, JsonNode> options)
            throws IOException {
        var preparation = new HashMap<>(NORMALIZATION);
        preparation.put("limit", IntNode.valueOf(images));
        var training = new LocalData(fashion.resolve("train-images-idx3-ubyte.gz"), "idx", preparation);
        var task = new LocalTask(
                model,
                Optional.empty(),
                role -> role.equals("training") ? Optional.of(training) : Optional.empty(),
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
                top1(pruned, fashion),
                top1(model, fashion),
                timeRatio(pruned, model, 1),
                timeRatio(pruned, model, 16),
                seconds);
    }

    private static double reported(Map<String, JsonNode> report, String name) {
        return Objects.requireNonNull(report.get(name), name).doubleValue();
    }

    private static double top1(Path model, Path fashion) throws IOException {
        var metrics = new TaskMetrics();
        try (var session = OrtSession.open(model, SessionSettings.threads(1));
                var test = Dataset.open(
                        fashion.resolve("t10k-images-idx3-ubyte.gz"), "idx", NORMALIZATION, session.inputs())) {
            for (var batch : test.batches(500)) {
                try (var outputs = session.run(batch.feed())) {
                    metrics.add(batch, outputs.values());
                }
            }
        }
        return Objects.requireNonNull(metrics.values().get("top1"));
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
