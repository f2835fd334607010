package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.Shapes;
import dev.millrace.engine.Value;
import dev.millrace.message.Json;
import dev.millrace.message.TechniqueDescription;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Macs;
import dev.millrace.onnx.Model;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.Techniques;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * What is done with an architecture that was found: it is trained on 50,000 images of Fashion-MNIST and scored on the 10,000
 * test images, and so are LeNets of as many multiply-accumulates.
 *
 * @param options of trials; those about training are kept
 * @param directory for files in between
 */
record Retraining(ZooImages images, Map<String, JsonNode> options, int epochs, Path directory) {
    /** Images that training is scored on. */
    static final int HELD_OUT = 2_000;

    private static final int TRAINED = 50_000;

    LocalData data() {
        return images.training(TRAINED + HELD_OUT);
    }

    /** What differs from the options of a trial. */
    Map<String, JsonNode> changes() {
        return Map.of(
                "epochs", Json.mapper().valueToTree(epochs),
                "flip", Json.mapper().valueToTree(true),
                "holdOut", heldOut(TRAINED));
    }

    /** The share of the data that is held out where so many images are trained on. */
    static JsonNode heldOut(int trained) {
        return Json.mapper().valueToTree((double) HELD_OUT / (trained + HELD_OUT));
    }

    /** LeNets of at most so many multiply-accumulates, without and with batch normalization. */
    void lenets(long macs) throws IOException {
        for (boolean normalized : new boolean[] {false, true}) {
            var file = directory.resolve("lenet.onnx");
            double scale = 2;
            do {
                scale *= 0.995;
                Students.lenet(scale, normalized, 0).write(file);
            } while (macs(file) > macs);
            teach(String.format(Locale.ROOT, "LeNet × %.2f%s", scale, normalized ? ", normalized" : ""), file);
        }
    }

    /** Trains a network that has learned nothing; the learning rate is found by trying. */
    void teach(String what, Path untrained) throws IOException {
        var known = Techniques.load().describe("distillation").stream()
                .filter(technique -> technique.name().equals("fine-tune"))
                .flatMap(technique -> technique.options().stream())
                .map(TechniqueDescription.Option::name)
                .toList();
        var course = new HashMap<>(options);
        course.keySet().retainAll(known);
        course.putAll(changes());
        var trained = BenchmarkTask.training(untrained, data()).run("distillation", "fine-tune", course);
        tell(what, Objects.requireNonNull(trained.model()));
    }

    void tell(String what, Path trained) throws IOException {
        System.out.printf(
                Locale.ROOT,
                "%-28s trained for %d epochs: test %.4f, %d multiply-accumulates%n",
                what,
                epochs,
                images.top1(trained),
                macs(trained));
    }

    private long macs(Path model) throws IOException {
        var one = Map.of("image", Value.zeros(DataType.FLOAT, 1, 1, 28, 28));
        return Macs.of(Model.read(model).graph(), Shapes.observe(model, one, directory))
                .orElseThrow();
    }
}
