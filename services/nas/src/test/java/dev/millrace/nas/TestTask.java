package dev.millrace.nas;

import com.fasterxml.jackson.databind.node.DoubleNode;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.SharedCache;
import dev.millrace.stage.fixture.LocalTask;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** A task in this process: grey images of 8 × 8 with a bright bar, and a model that takes them. */
final class TestTask extends LocalTask {
    static final int SIDE = 8;
    static final int CLASSES = 3;

    private boolean resumes;

    TestTask(Path directory) throws IOException {
        this(directory, classifier());
    }

    TestTask(Path directory, Model model) throws IOException {
        super(directory, directory.resolve("model.onnx"));
        model.write(model());
        seed(7);
    }

    /** One convolution and a dense layer: {@code (batch, 1, 8, 8)} to {@code (batch, 3)}. */
    static Model classifier() {
        var m = new ModelBuilder(17);
        var batch = Dimension.symbolic("batch");
        var x = m.input("image", DataType.FLOAT, batch, Dimension.of(1), Dimension.of(SIDE), Dimension.of(SIDE));
        var pads = Attribute.ints("pads", 1, 1, 1, 1);
        var h = m.node("Relu", List.of(m.node("Conv", List.of(x, m.normal("w1", 8, 1, 3, 3)), pads)));
        var k = m.node("Relu", List.of(m.node("Conv", List.of(h, m.normal("w2", 12, 8, 3, 3)), pads)));
        var pooled = m.node("Flatten", List.of(m.node("GlobalAveragePool", List.of(k))));
        var logits = m.node("MatMul", List.of(pooled, m.normal("w3", 12, CLASSES)));
        m.output(logits, DataType.FLOAT, batch, Dimension.of(CLASSES));
        return m.build();
    }

    /** Images whose bar lies, stands or leans, with its kind as label. */
    TestTask images(String role, int count, long seed) throws IOException {
        var random = new Random(seed);
        var pixels = ByteBuffer.allocate(16 + count * SIDE * SIDE)
                .putInt(0x0803)
                .putInt(count)
                .putInt(SIDE)
                .putInt(SIDE);
        var labels = ByteBuffer.allocate(8 + count).putInt(0x0801).putInt(count);
        for (int image = 0; image < count; image++) {
            int kind = random.nextInt(CLASSES);
            int at = 1 + random.nextInt(SIDE - 2);
            labels.put((byte) kind);
            for (int row = 0; row < SIDE; row++) {
                for (int column = 0; column < SIDE; column++) {
                    boolean bright =
                            switch (kind) {
                                case 0 -> row == at;
                                case 1 -> column == at;
                                default -> row == column;
                            };
                    pixels.put((byte) (random.nextInt(60) + (bright ? 190 : 0)));
                }
            }
        }
        var file = directory().resolve(role + "-images-idx3-ubyte");
        Files.write(file, pixels.array());
        Files.write(directory().resolve(role + "-labels-idx1-ubyte"), labels.array());
        data(role, new LocalData(file, "idx", Map.of("mean", DoubleNode.valueOf(0.2), "std", DoubleNode.valueOf(0.3))));
        return this;
    }

    @Override
    public Optional<SharedCache> cache() {
        return Optional.of(new SharedCache(directory().resolve("cache"), 1 << 20));
    }

    /** Every run is an attempt that goes on where the one before it ended; without this each is the first. */
    TestTask inAttempts() {
        resumes = true;
        return this;
    }

    @Override
    public Optional<Path> latest() {
        return resumes ? super.latest() : Optional.empty();
    }

    @Override
    public void save(Path file) throws IOException {
        if (resumes) {
            super.save(file);
        }
    }
}
