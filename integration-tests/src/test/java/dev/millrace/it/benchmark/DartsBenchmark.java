package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.stage.LocalData;
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
 * prints accuracy, multiply-accumulates and the processor's seconds as {@link SearchBenchmark} does.
 *
 * <pre>{@code
 * MILLRACE_ZOO=… DartsBenchmark IMAGES EPOCHS-AFTERWARDS blendEpochs=5 constraints='{"macs":500000}' …
 * }</pre>
 */
public final class DartsBenchmark {
    private static final int HELD_OUT = 2_000;
    private static final int RETRAINED = 50_000;

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
                .run(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]), LocalTask.options(arguments, 2));
    }

    private void run(int trained, int afterwards, Map<String, JsonNode> options) throws IOException {
        double began = Figures.processorSeconds();
        options.putIfAbsent("space", Json.mapper().readTree(SPACE));
        options.putIfAbsent("latency", Json.mapper().valueToTree("none"));
        options.put("holdOut", heldOut(trained));
        var found = LocalTask.training(reference, training(trained)).run("nas", "darts", options);
        double ended = Figures.processorSeconds();
        var values = Objects.requireNonNull(found.report().get("found")).get("values");
        System.out.printf(Locale.ROOT, "%s%n%s%n%.1f processor seconds%n", values, found.figures(), ended - began);
        var longer = new HashMap<>(options);
        longer.keySet().removeAll(List.of("blendEpochs", "blendRate", "shareRate"));
        longer.put("values", values);
        longer.put("epochs", Json.mapper().valueToTree(afterwards));
        longer.put("flip", Json.mapper().valueToTree(true));
        longer.put("holdOut", heldOut(RETRAINED));
        var retrained = LocalTask.training(reference, training(RETRAINED)).run("nas", "trial", longer);
        System.out.printf(
                Locale.ROOT,
                "trained for %d epochs: test %.4f, %.0f multiply-accumulates; %.1f processor seconds in all%n",
                afterwards,
                images.top1(Objects.requireNonNull(retrained.model())),
                retrained.figures().get("macs"),
                Figures.processorSeconds() - began);
    }

    private LocalData training(int count) {
        return images.training(count + HELD_OUT);
    }

    private static JsonNode heldOut(int trained) {
        return Json.mapper().valueToTree((double) HELD_OUT / (trained + HELD_OUT));
    }
}
