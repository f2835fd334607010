package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The files beside a model that hold its large tensors.
 *
 * <p>Each must be a plain file inside the model's directory, with one link, reached without symbolic links. Files stay
 * open while a tensor refers to them, so replacing the file does not change the tensor.
 */
final class ExternalFiles {
    private final Path directory;
    private final Map<String, File> files = new HashMap<>();

    ExternalFiles(Path directory) {
        this.directory = directory;
    }

    /** Locations of the files opened so far. */
    Set<String> locations() {
        return files.keySet();
    }

    /** How often tensors may refer to the same bytes on average: tied weights are shared, a thousand views are a bomb. */
    private static final int MAX_REUSE = 4;

    private static final class File {
        private final FileChannel channel;
        private final long size;
        private long referenced;

        private File(FileChannel channel) throws IOException {
            this.channel = channel;
            this.size = channel.size();
        }

        /** Small pieces are copied to the heap, so that streaming a large file leaves no mappings behind. */
        ByteBuffer read(long offset, int length) {
            try {
                if (length > TensorData.PIECE_BYTES) {
                    return channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
                }
                var piece = ByteBuffer.allocate(length);
                while (piece.hasRemaining()) {
                    if (channel.read(piece, offset + piece.position()) < 0) {
                        throw new IOException("external data ended at " + (offset + piece.position()));
                    }
                }
                return piece.flip();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * The tensor whose data is where {@code proto} says.
     *
     * @param header {@code proto} without data
     */
    Tensor tensor(TensorProto proto, TensorProto header) {
        var entries = new HashMap<String, String>();
        for (StringStringEntryProto entry : proto.getExternalDataList()) {
            if (entries.put(entry.getKey(), entry.getValue()) != null) {
                throw refused("EXTERNAL_DATA_AMBIGUOUS", proto, "two entries '" + entry.getKey() + "'", "one of each");
            }
        }
        var location = entries.getOrDefault("location", "");
        var file = files.get(location);
        if (file == null) {
            file = open(proto, location);
            files.put(location, file);
        }
        long offset = number(proto, entries, "offset", 0);
        long length = number(proto, entries, "length", file.size - offset);
        if (offset > file.size || length > file.size - offset) {
            throw refused(
                    "EXTERNAL_DATA_BOUNDS",
                    proto,
                    "bytes %d to %d".formatted(offset, offset + length),
                    "within the %d bytes of '%s'".formatted(file.size, location));
        }
        file.referenced += length;
        if (file.referenced > MAX_REUSE * file.size) {
            throw refused(
                    "EXTERNAL_DATA_SHARED",
                    proto,
                    "tensors refer to more than %d times the %d bytes of '%s'"
                            .formatted(MAX_REUSE, file.size, location),
                    "each byte used about once");
        }
        var source = file;
        return new Tensor(header, (from, bytes) -> source.read(offset + from, bytes), length);
    }

    private static long number(TensorProto proto, Map<String, String> entries, String key, long otherwise) {
        var text = entries.get(key);
        if (text == null) {
            return otherwise;
        }
        if (!text.matches("[0-9]{1,18}")) {
            throw refused("EXTERNAL_DATA_BOUNDS", proto, key + " '" + text + "'", "a number of bytes");
        }
        return Long.parseLong(text);
    }

    private File open(TensorProto proto, String location) {
        if (location.isEmpty() || location.indexOf('\0') >= 0 || location.contains("\\")) {
            throw refused("EXTERNAL_DATA_PATH", proto, "location '" + location + "'", "a plain relative path");
        }
        var relative = Path.of(location);
        if (relative.isAbsolute() || hasParentStep(relative)) {
            throw refused(
                    "EXTERNAL_DATA_PATH", proto, "location '" + location + "'", "a path inside the model's directory");
        }
        try {
            var path = directory;
            for (var step : relative) {
                path = path.resolve(step);
                if (Files.isSymbolicLink(path)) {
                    throw refused("EXTERNAL_DATA_LINK", proto, "symbolic link '" + location + "'", "a plain file");
                }
            }
            if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                throw refused("EXTERNAL_DATA_MISSING", proto, "no file '" + location + "'", "a file beside the model");
            }
            if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                throw refused("EXTERNAL_DATA_LINK", proto, "'" + location + "' is no regular file", "a plain file");
            }
            if (Files.getFileStore(path).supportsFileAttributeView("unix")
                    && (Integer) Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS) > 1) {
                throw refused("EXTERNAL_DATA_LINK", proto, "'" + location + "' has several hard links", "one link");
            }
            var channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
            return new File(channel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean hasParentStep(Path relative) {
        for (var step : relative) {
            if (step.toString().equals("..")) {
                return true;
            }
        }
        return false;
    }

    private static RefusedException refused(String code, TensorProto proto, String found, String allowed) {
        return new RefusedException(code, "tensor '" + proto.getName() + "'", found, allowed);
    }
}
