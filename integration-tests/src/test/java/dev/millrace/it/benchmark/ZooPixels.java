package dev.millrace.it.benchmark;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.data.Dataset;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * The images of Fashion-MNIST under noise, and a class for every pixel: 0 for the background, else one more than that of the
 * image. What {@code unets.onnx} was trained for; noise 0.3 times a normal deviate on the normalized image.
 */
final class ZooPixels implements Scored {
    private static final double NOISE = 0.3;

    /** Share of white from which a pixel belongs to the object. */
    private static final double OBJECT = 0.1;

    private static final int SIDE = 28;
    private static final int ROWS = 500;

    private final ZooImages images;
    private final Path model;
    private final LocalData test;

    /** @param model that takes such images */
    ZooPixels(ZooImages images, Path model) throws IOException {
        this.images = images;
        this.model = model;
        test = written(images.test(), ZooImages.TEST, 2);
    }

    @Override
    public LocalData training(int limit) throws IOException {
        return written(images.training(limit), limit, 1);
    }

    @Override
    public LocalData test() {
        return test;
    }

    /** A new folder with {@code input.npy} and {@code labels.npy}. */
    private LocalData written(LocalData data, int count, long seed) throws IOException {
        var folder = Files.createTempDirectory("pixels");
        var random = new Random(seed);
        try (var session = OrtSession.open(model, SessionSettings.threads(1));
                var clean = Dataset.open(data.path(), data.format(), data.options(), session.inputs());
                var input = array(folder.resolve("input.npy"), "<f4", count + ", 1, 28, 28");
                var labels = array(folder.resolve("labels.npy"), "|u1", count + ", 28, 28")) {
            for (var batch : clean.batches(ROWS)) {
                write(batch, random, input, labels);
            }
        }
        return new LocalData(folder, "npy", Map.of());
    }

    private void write(Batch batch, Random random, FileChannel input, FileChannel labels) throws IOException {
        var image = batch.feed().values().iterator().next();
        var pixels = ByteBuffer.allocate((int) image.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        var classes = ByteBuffer.allocate((int) image.size());
        double mean = images.normalization().get("mean").doubleValue();
        double deviation = images.normalization().get("std").doubleValue();
        for (int i = 0; i < image.size(); i++) {
            double value = image.number(i);
            pixels.putFloat((float) (value + NOISE * random.nextGaussian()));
            boolean object = value * deviation + mean > OBJECT;
            int label = (int) Objects.requireNonNull(batch.labels()).number(i / (SIDE * SIDE));
            classes.put((byte) (object ? 1 + label : 0));
        }
        input.write(pixels.flip());
        labels.write(classes.flip());
    }

    /** A file of NumPy's format, version 1, whose elements are still to come. */
    private static FileChannel array(Path file, String type, String shape) throws IOException {
        var header =
                new StringBuilder("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }".formatted(type, shape));
        while ((10 + header.length() + 1) % 64 != 0) {
            header.append(' ');
        }
        var bytes = header.append('\n').toString().getBytes(StandardCharsets.US_ASCII);
        var start = ByteBuffer.allocate(10 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        start.put((byte) 0x93)
                .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 1)
                .put((byte) 0);
        start.putShort((short) bytes.length).put(bytes).flip();
        var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        channel.write(start);
        return channel;
    }
}
