package dev.millrace.engine.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPInputStream;

/** Files that can be read anywhere: compressed ones are unpacked to a temporary file that goes when it is closed. */
final class Spool {
    private Spool() {}

    static boolean isCompressed(Path file) {
        return String.valueOf(file.getFileName()).endsWith(".gz");
    }

    static FileChannel open(Path file) throws IOException {
        if (!isCompressed(file)) {
            return FileChannel.open(file, StandardOpenOption.READ);
        }
        try (var unpacked = new GZIPInputStream(Files.newInputStream(file), 1 << 16)) {
            return unpack(unpacked);
        }
    }

    static FileChannel unpack(InputStream in) throws IOException {
        var temporary = Files.createTempFile("millrace", ".unpacked");
        try {
            Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
            return FileChannel.open(temporary, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    /** Bytes {@code [offset, offset + length)} in a direct buffer, little-endian. */
    static ByteBuffer read(FileChannel channel, long offset, long length) throws IOException {
        var buffer = ByteBuffer.allocateDirect(Math.toIntExact(length)).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, offset + buffer.position()) < 0) {
                throw new EOFException("ends " + buffer.remaining() + " bytes early");
            }
        }
        return buffer.flip();
    }
}
