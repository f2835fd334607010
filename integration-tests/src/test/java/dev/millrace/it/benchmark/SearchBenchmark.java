package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.Shapes;
import dev.millrace.engine.Value;
import dev.millrace.message.Json;
import dev.millrace.message.TechniqueDescription;
import dev.millrace.message.Trial;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Macs;
import dev.millrace.onnx.Model;
import dev.millrace.search.Front;
import dev.millrace.stage.Techniques;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
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
    private static final int HELD_OUT = 2_000;
    private static final int RETRAINED = 50_000;

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
                Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]), LocalTask.options(arguments, 2));
    }

    private void search(int trained, int afterwards, Map<String, JsonNode> options) throws IOException {
        double began = Figures.processorSeconds();
        options.put("holdOut", heldOut(trained));
        options.putIfAbsent("space", Json.mapper().readTree(SPACE));
        var search = LocalSearch.of(reference, images.training(trained + HELD_OUT), 0, options);
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
            trainLonger(search, best, afterwards);
            double retrained = Figures.processorSeconds();
            System.out.printf(
                    Locale.ROOT,
                    "%.1f processor seconds, %.1f with the search%n",
                    retrained - ended,
                    retrained - began);
            long macs = Math.round(Objects.requireNonNull(best.figures().get("macs")));
            teach(best, search, afterwards);
            teachLenet(macs, false, search, afterwards);
            teachLenet(macs, true, search, afterwards);
        }
    }

    private void trainLonger(LocalSearch search, Trial best, int epochs) throws IOException {
        var model = search.run(best, images.training(RETRAINED + HELD_OUT), longer(epochs))
                .model();
        tell("trial " + best.number(), Objects.requireNonNull(model), epochs);
    }

    private static Map<String, JsonNode> longer(int epochs) {
        return Map.of(
                "epochs", Json.mapper().valueToTree(epochs),
                "flip", Json.mapper().valueToTree(true),
                "holdOut", heldOut(RETRAINED));
    }

    /** The same architecture from new weights as the LeNets are taught, which find their learning rate themselves. */
    private void teach(Trial best, LocalSearch search, int epochs) throws IOException {
        var untrained = search.run(
                best, images.training(HELD_OUT), Map.of("budget", Json.mapper().valueToTree(0)));
        teach("trial " + best.number() + ", rate tried", Objects.requireNonNull(untrained.model()), search, epochs);
    }

    /** A LeNet of at most so many multiply-accumulates. */
    private void teachLenet(long macs, boolean normalized, LocalSearch search, int epochs) throws IOException {
        var file = directory.resolve("lenet.onnx");
        double scale = 2;
        do {
            scale *= 0.995;
            Students.lenet(scale, normalized, 0).write(file);
        } while (macs(file) > macs);
        teach(
                String.format(Locale.ROOT, "LeNet × %.2f%s", scale, normalized ? ", normalized" : ""),
                file,
                search,
                epochs);
    }

    /** Trains by the options that trials have, as far as they are about training. */
    private void teach(String what, Path untrained, LocalSearch search, int epochs) throws IOException {
        var options =
                new HashMap<>(Objects.requireNonNull(search.plan().trial()).options());
        options.keySet()
                .retainAll(Techniques.load().describe("distillation").stream()
                        .filter(technique -> technique.name().equals("fine-tune"))
                        .flatMap(technique -> technique.options().stream())
                        .map(TechniqueDescription.Option::name)
                        .toList());
        options.putAll(longer(epochs));
        var trained = LocalTask.training(untrained, images.training(RETRAINED + HELD_OUT))
                .run("distillation", "fine-tune", options);
        tell(what, Objects.requireNonNull(trained.model()), epochs);
    }

    private void tell(String what, Path model, int epochs) throws IOException {
        System.out.printf(
                Locale.ROOT,
                "%-28s trained for %d epochs: test %.4f, %d multiply-accumulates%n",
                what,
                epochs,
                images.top1(model),
                macs(model));
    }

    private long macs(Path model) throws IOException {
        var one = Map.of("image", Value.zeros(DataType.FLOAT, 1, 1, 28, 28));
        return Macs.of(Model.read(model).graph(), Shapes.observe(model, one, directory))
                .orElseThrow();
    }

    private static JsonNode heldOut(int trained) {
        return Json.mapper().valueToTree((double) HELD_OUT / (trained + HELD_OUT));
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
