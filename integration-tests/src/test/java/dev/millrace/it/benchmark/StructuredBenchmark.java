package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.Latency;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Cuts image classifiers, and {@code unets} for pixels, down by channels, mends them on Fashion-MNIST, and prints what is left
 * of multiply-accumulates, the fraction of right answers on the 10,000 test images before, cut and mended, and time in ONNX
 * Runtime, one thread, both models by turns.
 *
 * <pre>{@code
 * MILLRACE_ZOO=… StructuredBenchmark folder-with-the-models resnet20,mobilenetv2s 60000 epochs=1
 * }</pre>
 *
 * <p>The number is how many training images are seen in an epoch. Further arguments are options of the technique, as JSON.
 */
public final class StructuredBenchmark {
    private StructuredBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        var options = BenchmarkTask.options("{\"batchSize\": 128}");
        options.putAll(BenchmarkTask.options(arguments, 3));
        System.out.println(
                "model             macs   before    cut   mended   time at batch 1 / 64   processor seconds");
        for (var name : arguments[1].split(",", -1)) {
            row(name, Path.of(arguments[0], name + ".onnx"), Integer.parseInt(arguments[2]), options);
        }
    }

    private static void row(String name, Path model, int images, Map<String, JsonNode> options) throws IOException {
        var fashion = ZooImages.fashion();
        Scored data = name.startsWith("unet") ? new ZooPixels(fashion, model) : fashion;
        var task = BenchmarkTask.training(model, data.training(images));
        double start = Figures.processorSeconds();
        var result = task.run("pruning", "structured", options);
        double seconds = Figures.processorSeconds() - start;
        var mended = Objects.requireNonNull(result.model());
        System.out.printf(
                Locale.ROOT,
                "%-15s  %4.2fx   %5.4f   %5.4f   %5.4f       %4.2fx / %4.2fx         %7.0f%n",
                name,
                reported(result.report(), "macs") / reported(result.report(), "originalMacs"),
                data.top1(model),
                data.top1(task.workDirectory().resolve("model.onnx")), // as it is handed to recovery
                data.top1(mended),
                timeRatio(mended, model, 1),
                timeRatio(mended, model, 64),
                seconds);
    }

    private static double reported(Map<String, JsonNode> report, String name) {
        return Objects.requireNonNull(report.get(name), name).doubleValue();
    }

    private static double timeRatio(Path model, Path original, int rows) throws IOException {
        var feed = new LinkedHashMap<String, Value>();
        try (var session = OrtSession.open(original, SessionSettings.threads(1))) {
            session.inputs().forEach(input -> feed.put(input.name(), Value.zeros(input.type(), input.shape(rows))));
        }
        return Latency.compare(original, model, feed, 1).ratio();
    }
}
