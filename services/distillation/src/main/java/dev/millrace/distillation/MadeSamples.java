package dev.millrace.distillation;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.millrace.engine.Value;
import dev.millrace.onnx.Model;
import dev.millrace.stage.ContentKey;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A data set made by {@link Inversion}, batch by batch. Each batch is kept for later tasks with the same teacher, and for the
 * next attempt of this one.
 */
final class MadeSamples {
    private static final int BATCH = 128;

    /** Changes when the same options make other samples. */
    private static final String VERSION = "inversion 1";

    private final Inversion inversion;
    private final long steps;
    private final double smoothness;
    private final StageContext context;
    private final byte[] teacher;

    MadeSamples(Path teacher, long steps, double smoothness, StageContext context) throws IOException {
        inversion = new Inversion(teacher, context);
        this.steps = steps;
        this.smoothness = smoothness;
        this.context = context;
        this.teacher = new ContentKey()
                .model(teacher, Model.read(teacher).externalFiles())
                .digest();
    }

    /** Makes at least so many rows, in a file of the task's directory. */
    LocalData make(int samples) throws IOException {
        int rows = inversion.rows(Math.min(BATCH, samples));
        int batches = (samples + rows - 1) / rows;
        var file = context.workDirectory().resolve("made.npy");
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int i = 0; i < batches; i++) {
                var made = batch(rows, i, batches);
                if (i == 0) {
                    write(channel, header(made.dims(), (long) rows * batches));
                }
                write(channel, made.bytes());
            }
        }
        return new LocalData(file, "npy", Map.of());
    }

    private Value batch(int rows, int index, int of) throws IOException {
        long seed = context.seed() * 0x9E3779B97F4A7C15L + index;
        var key = new ContentKey()
                .bytes(ByteBuffer.wrap(teacher))
                .text(VERSION, context.threads(), rows, steps, smoothness, seed)
                .hex();
        var cache = context.cache();
        if (cache.isPresent()) {
            var kept = cache.get().find(key);
            if (kept.isPresent()) {
                return inversion.value(rows, kept.get());
            }
        }
        var made = inversion.batch(
                rows, steps, smoothness, seed, done -> context.progress((index + done) / of, "making samples"));
        if (cache.isPresent()) {
            try (var entry = cache.get().entry()) {
                entry.write(made.bytes());
                entry.keep(key);
            }
        }
        return made;
    }

    /**
     * The head of a file of float32 numbers
     * (<a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>).
     */
    private static ByteBuffer header(long[] dims, long rows) {
        var shape = dims.clone();
        shape[0] = rows;
        var words = Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", "));
        var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }".formatted(words);
        int length = (10 + text.length()) / 64 * 64 + 64 - 10;
        return ByteBuffer.allocate(10 + length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 0x93)
                .put("NUMPY".getBytes(US_ASCII))
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) length)
                .put((text + " ".repeat(length - 1 - text.length()) + "\n").getBytes(US_ASCII))
                .flip();
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
