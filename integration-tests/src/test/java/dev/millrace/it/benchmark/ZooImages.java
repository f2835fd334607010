package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.metric.TaskMetrics;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * 60,000 labelled images to train by and 10,000 to test with, in the folder that {@code MILLRACE_ZOO} names.
 *
 * @param normalization mean and standard deviation, as data options
 */
record ZooImages(Path folder, Map<String, JsonNode> normalization) {
    static final int ALL = 60_000;

    static ZooImages mnist() {
        return of("mnist", 0.1307, 0.3081);
    }

    static ZooImages fashion() {
        return of("fashion-mnist", 0.286, 0.353);
    }

    private static ZooImages of(String name, double mean, double deviation) {
        var normalization =
                Map.<String, JsonNode>of("mean", DoubleNode.valueOf(mean), "std", DoubleNode.valueOf(deviation));
        return new ZooImages(Path.of(System.getenv("MILLRACE_ZOO"), "data", name), normalization);
    }

    /** All training images. */
    LocalData training() {
        return training(ALL);
    }

    /** The first of the training images. */
    LocalData training(int limit) {
        var options = new HashMap<>(normalization);
        options.put("limit", IntNode.valueOf(limit));
        return new LocalData(file("train"), "idx", options);
    }

    /** Fraction of right answers on the test images, by ONNX Runtime. */
    double top1(Path model) throws IOException {
        var metrics = new TaskMetrics();
        try (var session = OrtSession.open(model, SessionSettings.threads(1));
                var test = Dataset.open(file("t10k"), "idx", normalization, session.inputs())) {
            for (var batch : test.batches(500)) {
                try (var outputs = session.run(batch.feed())) {
                    metrics.add(batch, outputs.values());
                }
            }
        }
        return Objects.requireNonNull(metrics.values().get("top1"));
    }

    private Path file(String part) {
        var plain = folder.resolve(part + "-images-idx3-ubyte");
        return Files.exists(plain) ? plain : folder.resolve(part + "-images-idx3-ubyte.gz");
    }
}
