package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Finds the operations of a network for Fashion-MNIST by gradient, its widths given, trains what was found for longer, and
 * prints accuracy, multiply-accumulates and the processor's seconds, and what LeNets reach, as {@link SearchBenchmark} does.
 *
 * <pre>{@code
 * MILLRACE_ZOO=… DartsBenchmark IMAGES EPOCHS-AFTERWARDS blendEpochs=5 constraints='{"macs":500000}' …
 * }</pre>
 */
public final class DartsBenchmark {
    private static final String SPACE = """
            {"kind": "images", "stages": 3, "stemWidth": 16, "stemStride": 2, "growth": 1.5, "depth": [1, 2],
              "kernel": [3, 5], "block": ["conv", "separable"], "skip": [false, true], "activation": ["relu", "hardSwish"],
              "perStage": ["depth", "kernel", "block", "skip"]}""";

    private final ZooImages images = ZooImages.fashion();
    private final Path reference = Files.createTempDirectory("darts").resolve("reference.onnx");

    private DartsBenchmark() throws IOException {
        Students.convolutional(8, 16, 1).write(reference);
    }

    public static void main(String[] arguments) throws IOException {
        new DartsBenchmark()
                .run(
                        Integer.parseInt(arguments[0]),
                        Integer.parseInt(arguments[1]),
                        BenchmarkTask.options(arguments, 2));
    }

    private void run(int trained, int afterwards, Map<String, JsonNode> options) throws IOException {
        double began = Figures.processorSeconds();
        options.putIfAbsent("space", Json.mapper().readTree(SPACE));
        options.putIfAbsent("latency", Json.mapper().valueToTree("none"));
        options.put("holdOut", Retraining.heldOut(trained));
        var found = BenchmarkTask.training(reference, images.training(trained + Retraining.HELD_OUT))
                .run("nas", "darts", options);
        double ended = Figures.processorSeconds();
        var values = Objects.requireNonNull(found.report().get("found")).get("values");
        System.out.printf(Locale.ROOT, "%s%n%s%n%.1f processor seconds%n", values, found.figures(), ended - began);
        var trial = new HashMap<>(options);
        trial.keySet().removeAll(List.of("blendEpochs", "blendRate", "shareRate"));
        var retraining = new Retraining(images, Map.copyOf(trial), afterwards, reference.resolveSibling("retraining"));
        Files.createDirectory(retraining.directory());
        trial.put("values", values);
        trial.putAll(retraining.changes());
        var retrained = BenchmarkTask.training(reference, retraining.data()).run("nas", "trial", trial);
        retraining.tell("found by gradient", Objects.requireNonNull(retrained.model()));
        System.out.printf(Locale.ROOT, "%.1f processor seconds in all%n", Figures.processorSeconds() - began);
        retraining.lenets(Math.round(Objects.requireNonNull(retrained.figures().get("macs"))));
    }
}
