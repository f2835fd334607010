package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Prunes the LeNets in rounds while their float form teaches them, and prints the error on the 10,000 test images of MNIST.
 *
 * <pre>{@code
 * MILLRACE_ZOO=… SparsityBenchmark folder-with-lenet300.onnx-and-lenet5.onnx lenet300,lenet5 0.98,0.99
 * }</pre>
 *
 * <p>Further arguments are options of the technique, as JSON, in place of those here.
 */
public final class SparsityBenchmark {
    private static final String BOTH = "{\"recovery\": \"distill\", \"optimizer\": \"sgd\", \"weightDecay\": 1e-5,"
            + " \"batchSize\": 128, \"holdOut\": 0}";

    /** The steps of the first are cheap, so it gets more of them; both gain from shifted digits. */
    private static final Map<String, String> EACH = Map.of(
            "lenet300",
            "{\"schedule\": \"cubic\", \"rounds\": 200, \"pruneUntil\": 0.6, \"scope\": \"lamp\", \"crop\": 1,"
                    + " \"temperature\": 2, \"hardLoss\": 0.5, \"learningRate\": 0.1, \"epochs\": 60, \"holdOut\": 0.0833}",
            "lenet5",
            "{\"schedule\": \"iterative\", \"rounds\": 8, \"scope\": \"global\", \"crop\": 1,"
                    + " \"learningRate\": 0.05, \"epochs\": 12}");

    private SparsityBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        var mnist = ZooImages.mnist();
        var given = BenchmarkTask.options(arguments, 3);
        System.out.println("model      zeros %   error %   float %   seconds");
        for (var name : arguments[1].split(",", -1)) {
            var model = Path.of(arguments[0], name + ".onnx");
            for (var sparsity : arguments[2].split(",", -1)) {
                var options = BenchmarkTask.options(BOTH);
                options.putAll(BenchmarkTask.options(EACH.getOrDefault(name, "{}")));
                options.put("sparsity", DoubleNode.valueOf(Double.parseDouble(sparsity)));
                options.putAll(given);
                row(name, model, mnist, options);
            }
        }
    }

    private static void row(String name, Path model, ZooImages mnist, Map<String, JsonNode> options)
            throws IOException {
        var task = BenchmarkTask.training(model, mnist.training());
        long start = System.nanoTime();
        var result = task.run("pruning", "magnitude", options);
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                Locale.ROOT,
                "%-9s  %7.2f   %7.2f   %7.2f   %7.0f%n",
                name,
                100 * Objects.requireNonNull(result.report().get("sparsity")).doubleValue(),
                100 * (1 - mnist.top1(Objects.requireNonNull(result.model()))),
                100 * (1 - mnist.top1(model)),
                seconds);
    }
}
