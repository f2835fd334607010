package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.message.Trial;
import dev.millrace.search.Front;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Searches small networks for Fashion-MNIST in this process, one trial after the other, as the orchestrator does it over
 * Kafka, and prints what every trial measured, the front, and the processor's seconds.
 *
 * <pre>{@code
 * MILLRACE_ZOO=… SearchBenchmark IMAGES EPOCHS-AFTERWARDS strategy='"tpe"' trials=30 epochs=1 …
 * }</pre>
 *
 * <p>{@code IMAGES} training images are used by the trials, and 2,000 others to score them. The best architecture is then
 * trained on 50,000 images for so many epochs and scored on the 10,000 test images, and beside it, in the same way, LeNets
 * with as many multiply-accumulates. The rest are options of {@code
 * nas:search}, {@code trials=10000 seconds=3600 rungs=3} for an hour's search among them.
 */
public final class SearchBenchmark {
    /** Searched where the options name no other. */
    private static final String SPACE = """
            {"kind": "images", "stages": [1, 2, 3], "stemWidth": [8, 12, 16, 24, 32], "stemStride": [1, 2],
              "growth": [1.0, 1.5, 2.0], "depth": [1, 2, 3], "kernel": [3, 5], "block": ["conv", "separable"],
              "activation": ["relu", "hardSwish"], "learningRate": [0.005, 0.01, 0.02]}""";

    private final ZooImages images = ZooImages.fashion();
    private final Path directory = Files.createTempDirectory("search");
    private final Path reference = directory.resolve("reference.onnx");

    private SearchBenchmark() throws IOException {
        Students.convolutional(8, 16, 1).write(reference);
    }

    public static void main(String[] arguments) throws IOException {
        var benchmark = new SearchBenchmark();
        benchmark.search(
                Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]), BenchmarkTask.options(arguments, 2));
    }

    private void search(int trained, int afterwards, Map<String, JsonNode> options) throws IOException {
        double began = Figures.processorSeconds();
        options.put("holdOut", Retraining.heldOut(trained));
        options.putIfAbsent("space", Json.mapper().readTree(SPACE));
        var search = LocalSearch.of(reference, images.training(trained + Retraining.HELD_OUT), 0, options);
        System.out.printf(
                Locale.ROOT,
                "%s, at most %.0f architectures, goals %s%n",
                search.plan().strategy(),
                search.space().size(),
                search.plan().goals());
        var trials = search.tried(trial -> {
            System.out.printf(Locale.ROOT, "%6.1f s ", Figures.processorSeconds() - began);
            print(trial);
        });
        double ended = Figures.processorSeconds();
        var front = Front.of(search.goals(), trials);
        System.out.println("front");
        front.trials().forEach(SearchBenchmark::print);
        System.out.printf(Locale.ROOT, "%d trials in %.1f processor seconds%n", trials.size(), ended - began);
        if (afterwards > 0) {
            var best = front.best().orElseThrow();
            var trial = Objects.requireNonNull(search.plan().trial()).options();
            var retraining = new Retraining(images, trial, afterwards, directory);
            var model =
                    search.run(best, retraining.data(), retraining.changes()).model();
            retraining.tell("trial " + best.number(), Objects.requireNonNull(model));
            double retrained = Figures.processorSeconds();
            System.out.printf(
                    Locale.ROOT,
                    "%.1f processor seconds, %.1f with the search%n",
                    retrained - ended,
                    retrained - began);
            var untrained = search.run(
                    best, retraining.data(), Map.of("budget", Json.mapper().valueToTree(0)));
            retraining.teach("the same, rate tried", Objects.requireNonNull(untrained.model()));
            retraining.lenets(Math.round(Objects.requireNonNull(best.figures().get("macs"))));
        }
    }

    private static void print(Trial trial) {
        var figures = new TreeMap<>(trial.figures());
        System.out.printf(
                Locale.ROOT,
                "%3d %s %s %s%n",
                trial.number(),
                figures,
                new TreeMap<>(trial.values()),
                trial.problem() == null ? "" : trial.problem());
    }
}
