package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.millrace.onnx.Model;
import dev.millrace.pack.Coding;
import dev.millrace.pack.Packer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The whole chain on the LeNets: prunes in rounds of training, clusters what is left, packs; and prints error, non-zero share
 * and bytes behind every step. Errors are on the 10,000 test images of MNIST, and on training images held out where the step
 * trained; the latter are those that settings were chosen by.
 *
 * <pre>{@code
 * MILLRACE_ZOO=… ChainBenchmark folder-with-lenet300.onnx-and-lenet5.onnx lenet300,lenet5 folder-for-results
 * }</pre>
 *
 * <p>A result that is there already is not made again. Further arguments are options of the clustering, as JSON, in place of
 * those here.
 */
public final class ChainBenchmark {
    private static final String TRAINING = "\"recovery\": \"distill\", \"optimizer\": \"sgd\", \"batchSize\": 128, ";

    private static final Map<String, String> PRUNING = Map.of(
            "lenet300",
            "{" + TRAINING + "\"weightDecay\": 1e-5, \"holdOut\": 0.0833, \"schedule\": \"cubic\", \"rounds\": 200,"
                    + " \"pruneUntil\": 0.6, \"scope\": \"lamp\", \"temperature\": 2, \"hardLoss\": 0.5,"
                    + " \"learningRate\": 0.1, \"epochs\": 60, \"crop\": 1, \"sparsity\": 0.98, \"format\": \"dense\"}",
            "lenet5",
            "{" + TRAINING + "\"weightDecay\": 1e-5, \"holdOut\": 0, \"schedule\": \"iterative\", \"rounds\": 8,"
                    + " \"scope\": \"global\", \"learningRate\": 0.05, \"epochs\": 12, \"crop\": 1, \"sparsity\": 0.98,"
                    + " \"format\": \"dense\"}");

    /** Centroids are good enough untrained; {@code recovery="distill"} trains them. */
    private static final String CLUSTERING =
            "{\"bits\": 4, \"storage\": \"expanded\", \"minimumElements\": 1, \"recovery\": \"none\"}";

    private final ZooImages mnist;
    private final Path results;
    private final long floatBytes;
    private final String name;

    private ChainBenchmark(ZooImages mnist, Path results, long floatBytes, String name) {
        this.mnist = mnist;
        this.results = results;
        this.floatBytes = floatBytes;
        this.name = name;
    }

    public static void main(String[] arguments) throws IOException {
        var mnist = ZooImages.mnist();
        var results = Files.createDirectories(Path.of(arguments[2]));
        System.out.println(
                "model      step        error %  held out %  non-zero %        file   packed  smaller  seconds");
        for (var name : arguments[1].split(",", -1)) {
            var model = Path.of(arguments[0], name + ".onnx");
            var chain = new ChainBenchmark(mnist, results, Files.size(model), name);
            chain.row("float", model, "", 0);
            var pruned = chain.step("pruning", "magnitude", model, BenchmarkTask.options(PRUNING.get(name)));
            var options = BenchmarkTask.options(CLUSTERING);
            options.putAll(BenchmarkTask.options(arguments, 3));
            chain.step("factorization", "cluster", pruned, options);
        }
    }

    private Path step(String stage, String technique, Path model, Map<String, JsonNode> options) throws IOException {
        var target = results.resolve(name + "-" + technique + ".onnx");
        if (Files.exists(target)) {
            row(technique, target, "", 0);
            return target;
        }
        long start = System.nanoTime();
        var result = BenchmarkTask.training(model, mnist.training()).run(stage, technique, options);
        double seconds = (System.nanoTime() - start) / 1e9;
        Files.move(Objects.requireNonNull(result.model()), target, StandardCopyOption.REPLACE_EXISTING);
        var recovery = result.report().getOrDefault("recovery", MissingNode.getInstance());
        var top1 = recovery.path("after").path("top1");
        row(technique, target, top1.isMissingNode() ? "" : percent(1 - top1.doubleValue()), seconds);
        return target;
    }

    private void row(String step, Path model, String heldOut, double seconds) throws IOException {
        var file = results.resolve("packed.mpk");
        long packed = Packer.pack(model, file, Coding.MODELLED).packedBytes();
        Files.delete(file);
        System.out.printf(
                Locale.ROOT,
                "%-9s  %-10s  %7s  %10s  %10s  %,10d  %,7d  %6.1f×  %7.0f%n",
                name,
                step,
                percent(1 - mnist.top1(model)),
                heldOut,
                percent(nonZero(model)),
                Files.size(model),
                packed,
                (double) floatBytes / packed,
                seconds);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f", 100 * share);
    }

    /** Share of the weights, biases left out, that is not zero. */
    private static double nonZero(Path model) throws IOException {
        long all = 0;
        long nonZero = 0;
        for (var tensor : Model.read(model).graph().initializers()) {
            for (float value : tensor.rank() > 1 ? tensor.floats() : new float[0]) {
                all++;
                nonZero += value == 0 ? 0 : 1;
            }
        }
        return (double) nonZero / all;
    }
}
