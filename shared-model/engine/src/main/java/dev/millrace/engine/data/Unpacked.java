package dev.millrace.engine.data;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The contents of a file that can be read anywhere. A compressed one is unpacked as far as it was read, to a temporary file
 * that goes when this is closed: the first rows of a large file cost only their own unpacking.
 */
final class Unpacked implements Closeable {
    private static final int CHUNK = 1 << 16;

    private final Path packed;
    private final FileChannel contents;
    private final @Nullable InputStream rest;
    private final byte[] chunk = new byte[CHUNK];
    private long ready;

    private Unpacked(Path packed, FileChannel contents, @Nullable InputStream rest) {
        this.packed = packed;
        this.contents = contents;
        this.rest = rest;
    }

    /** @param file {@code .gz} if compressed */
    static Unpacked open(Path file) throws IOException {
        if (!Spool.isCompressed(file)) {
            return new Unpacked(file, FileChannel.open(file, StandardOpenOption.READ), null);
        }
        var rest = new GZIPInputStream(Files.newInputStream(file), CHUNK);
        var temporary = Files.createTempFile("millrace", ".unpacked");
        var contents = FileChannel.open(
                temporary, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        return new Unpacked(file, contents, rest);
    }

    /**
     * Bytes {@code [offset, offset + length)}, little-endian, fewer where the contents end before.
     *
     * @return a direct buffer
     */
    ByteBuffer upTo(long offset, long length) throws IOException {
        unpack(offset + length);
        return Spool.read(contents, offset, Math.max(0, Math.min(length, contents.size() - offset)));
    }

    /**
     * Bytes {@code [offset, offset + length)}, little-endian.
     *
     * @return a direct buffer
     * @throws java.io.EOFException if the contents end before
     */
    ByteBuffer read(long offset, long length) throws IOException {
        unpack(offset + length);
        return Spool.read(contents, offset, length);
    }

    /**
     * Number of bytes; all of them are unpacked for it, unless the compressed file says of itself that it is the expected one.
     */
    long size(long expected) throws IOException {
        if (rest != null && (packedSize() & 0xffffffffL) == (expected & 0xffffffffL)) {
            return expected;
        }
        unpack(Long.MAX_VALUE);
        return contents.size();
    }

    /** The last four bytes of the compressed file: bytes of its last part before compression, modulo 2³² (RFC 1952). */
    private int packedSize() throws IOException {
        try (var channel = FileChannel.open(packed, StandardOpenOption.READ)) {
            return Spool.read(channel, channel.size() - Integer.BYTES, Integer.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getInt();
        }
    }

    /** Unpacks until so many bytes are there, or all. */
    private synchronized void unpack(long until) throws IOException {
        while (rest != null && ready < until) {
            int count = rest.readNBytes(chunk, 0, CHUNK);
            if (count == 0) {
                return;
            }
            var bytes = ByteBuffer.wrap(chunk, 0, count);
            while (bytes.hasRemaining()) {
                ready += contents.write(bytes, ready);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (contents) {
            if (rest != null) {
                rest.close();
            }
        }
    }
}
