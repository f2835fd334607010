package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * IDX, the format of MNIST: a magic number with type and rank, sizes, elements, all big-endian
 * (<a href="http://yann.lecun.com/exdb/mnist/">LeCun, Cortes, Burges</a>).
 */
final class IdxSource implements SampleSource {
    /** One IDX file of unsigned bytes. */
    private static final class Idx {
        private static final int UNSIGNED_BYTES = 0x08;

        private final Path path;
        private final Unpacked contents;
        private final long[] dims;

        private Idx(Path path, Unpacked contents, long[] dims) {
            this.path = path;
            this.contents = contents;
            this.dims = dims;
        }

        static Idx open(Path path) throws IOException {
            var contents = Unpacked.open(path);
            try {
                return new Idx(path, contents, dims(path, contents));
            } catch (IOException | RuntimeException e) {
                contents.close();
                throw e;
            }
        }

        private static long[] dims(Path path, Unpacked contents) throws IOException {
            var head = contents.upTo(0, 4).order(ByteOrder.BIG_ENDIAN);
            if (head.remaining() < 4 || head.getShort(0) != 0 || head.get(2) != UNSIGNED_BYTES || head.get(3) < 1) {
                throw malformed(path, "no IDX header", "an IDX file of unsigned bytes");
            }
            var dims = new long[head.get(3)];
            var sizes = contents.upTo(4, 4L * dims.length).order(ByteOrder.BIG_ENDIAN);
            if (sizes.remaining() == 4 * dims.length) {
                Arrays.setAll(dims, axis -> sizes.getInt() & 0xffffffffL);
            }
            long bytes = 4 + 4L * dims.length + dims[0] * rowBytes(dims);
            long found = contents.size(bytes);
            if (found != bytes) {
                throw malformed(path, found + " bytes", bytes + " bytes for " + Arrays.toString(dims));
            }
            return dims;
        }

        private static long rowBytes(long[] dims) {
            return Arrays.stream(dims).skip(1).reduce(1, Math::multiplyExact);
        }

        /** {@code (1, dims behind the first)}. */
        Value row(long index) throws IOException {
            long size = rowBytes(dims);
            var shape = dims.clone();
            shape[0] = 1;
            return Value.of(DataType.UINT8, shape, contents.read(4 + 4L * dims.length + index * size, size));
        }
    }

    private final Idx images;
    private final @Nullable Idx labels;
    private final Normalization normalization;

    IdxSource(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException {
        boolean floats = inputs.stream().anyMatch(input -> input.type().isFloatingPoint());
        normalization = Normalization.of(options, floats ? 1 / 255.0 : 1);
        var beside = options.file("labels").or(() -> labelsBeside(path));
        images = Idx.open(path);
        labels = beside.isPresent() ? Idx.open(beside.get()) : null;
        if (labels != null && labels.dims[0] != images.dims[0]) {
            long found = labels.dims[0];
            close();
            throw malformed(labels.path, found + " labels", images.dims[0] + ", as many as images");
        }
    }

    /** {@code t10k-images-idx3-ubyte} has {@code t10k-labels-idx1-ubyte} beside it. */
    private static Optional<Path> labelsBeside(Path images) {
        var name = String.valueOf(images.getFileName());
        var labels = name.replace("images", "labels").replaceFirst("idx\\d", "idx1");
        return Optional.of(images.resolveSibling(labels))
                .filter(file -> !labels.equals(name) && Files.isRegularFile(file));
    }

    @Override
    public @Nullable Sample read(long index) throws IOException {
        if (index >= images.dims[0]) {
            return null;
        }
        var pixels = images.row(index);
        if (pixels.rank() == 3) {
            pixels = pixels.reshaped(1, 1, pixels.dim(1), pixels.dim(2));
        }
        return Sample.row(
                "image",
                normalization.apply(pixels, 1),
                labels == null ? null : labels.row(index),
                images.path.getFileName() + ", sample " + index);
    }

    @Override
    public long count() {
        return images.dims[0];
    }

    @Override
    public void close() throws IOException {
        images.contents.close();
        if (labels != null) {
            labels.contents.close();
        }
    }

    private static RefusedException malformed(Path path, String found, String allowed) {
        return new RefusedException("DATA_MALFORMED", String.valueOf(path.getFileName()), found, allowed);
    }
}
