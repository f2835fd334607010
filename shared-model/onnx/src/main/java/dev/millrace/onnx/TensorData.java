package dev.millrace.onnx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.function.Supplier;

/**
 * Where a tensor's bytes come from: memory, a mapped file, or a function of another tensor.
 *
 * <p>Bytes are the elements in row-major order, little-endian, as ONNX raw data. Reading the same range twice gives the
 * same bytes. An edit of a weight is a lambda: {@code (offset, length) -> edited(original.read(offset, length))}.
 */
@FunctionalInterface
public interface TensorData {
    /** Bytes per piece when data is streamed; a multiple of every element size. */
    int PIECE_BYTES = 1 << 20;

    /**
     * Bytes {@code [offset, offset + length)}.
     *
     * @return a buffer from position 0 to {@code length}, that the caller must not write to
     * @throws UncheckedIOException if the file cannot be read
     */
    ByteBuffer read(long offset, int length);

    /**
     * Writes all bytes, a piece at a time.
     *
     * @param size all bytes of the tensor
     */
    default void transferTo(WritableByteChannel out, long size) throws IOException {
        for (long offset = 0; offset < size; offset += PIECE_BYTES) {
            var piece = read(offset, (int) Math.min(PIECE_BYTES, size - offset));
            while (piece.hasRemaining()) {
                out.write(piece);
            }
        }
    }

    /** Bytes already in memory or mapped. */
    static TensorData of(ByteBuffer bytes) {
        var whole = bytes.slice();
        return (offset, length) ->
                whole.slice(Math.toIntExact(offset), length).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Bytes made when they are wanted and not kept: a writer asks once, every other read makes them again. */
    static TensorData computed(Supplier<ByteBuffer> bytes) {
        return new TensorData() {
            @Override
            public ByteBuffer read(long offset, int length) {
                return of(bytes.get()).read(offset, length);
            }

            @Override
            public void transferTo(WritableByteChannel out, long size) throws IOException {
                of(bytes.get()).transferTo(out, size);
            }
        };
    }
}
