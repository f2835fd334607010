package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.stage.LocalData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * 60,000 labelled images to train by and 10,000 to test with, in the folder that {@code MILLRACE_ZOO} names.
 *
 * @param normalization mean and standard deviation, as data options
 */
record ZooImages(Path folder, Map<String, JsonNode> normalization) implements Scored {
    static final int ALL = 60_000;
    static final int TEST = 10_000;

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

    @Override
    public LocalData test() {
        return new LocalData(file("t10k"), "idx", normalization);
    }

    @Override
    public LocalData training(int limit) {
        var options = new HashMap<>(normalization);
        options.put("limit", IntNode.valueOf(limit));
        return new LocalData(file("train"), "idx", options);
    }

    private Path file(String part) {
        var plain = folder.resolve(part + "-images-idx3-ubyte");
        return Files.exists(plain) ? plain : folder.resolve(part + "-images-idx3-ubyte.gz");
    }
}
