package dev.millrace.pack;

import dev.millrace.pack.coder.RangeDecoder;
import dev.millrace.pack.model.Session;
import dev.millrace.pack.planes.Deflate;
import dev.millrace.pack.planes.Length24;
import dev.millrace.pack.planes.PlanesDecoder;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;

/** Gives back the model that {@link Packer} packed, byte by byte, and the files beside it. */
public final class Unpacker {
    /** A file as the header names it. */
    private record Part(String name, long size) {}

    private final DataInputStream in;

    private Unpacker(DataInputStream in) {
        this.in = in;
    }

    /**
     * Unpacks a file.
     *
     * @see #unpack(InputStream, Path)
     */
    public static void unpack(Path packed, Path model) throws IOException {
        try (var in = new BufferedInputStream(Files.newInputStream(packed))) {
            unpack(in, model);
        }
    }

    /**
     * Unpacks a stream, a block at a time. Files that exist are replaced when all of the model has been read and its digests
     * are right; until then, and if anything is wrong, nothing changes.
     *
     * @param model where to write the model; its external data goes beside it, in folders that are made if need be
     * @throws PackException if the stream is no packed model, is damaged, or names files elsewhere
     */
    public static void unpack(InputStream packed, Path model) throws IOException {
        var written = new ArrayList<TemporaryFile>();
        try {
            var unpacker = new Unpacker(new DataInputStream(packed));
            for (var part : unpacker.header()) {
                var target = part.name.isEmpty() ? model : ExternalPath.resolve(model, part.name);
                Files.createDirectories(target.toAbsolutePath().getParent());
                var file = new TemporaryFile(target);
                written.add(file);
                unpacker.read(part, file);
                file.out().close();
            }
            if (packed.read() >= 0) {
                throw new PackException("PACK_MALFORMED", "end of the packed model", "more bytes", "none");
            }
            // The model last, so that whoever sees it finds what it refers to.
            for (int i = written.size() - 1; i >= 0; i--) {
                written.get(i).publish();
            }
        } catch (EOFException e) {
            throw new PackException("PACK_TRUNCATED", "packed model", "its end", "all of its blocks");
        } finally {
            for (var file : written) {
                file.close();
            }
        }
    }

    private List<Part> header() throws IOException {
        var checked = new CheckedInputStream(in, new CRC32C());
        var header = new DataInputStream(checked);
        int magic = header.readInt();
        if (magic != Format.MAGIC) {
            throw new PackException(
                    "NOT_PACKED", "first bytes", "%08x".formatted(magic), "%08x".formatted(Format.MAGIC));
        }
        int version = header.readUnsignedByte();
        if (version != Format.VERSION) {
            throw new PackException("PACK_VERSION", "version", Integer.toString(version), "1");
        }
        int count = header.readUnsignedShort();
        if (count < 1 || count > Format.MOST_FILES) {
            throw new PackException(
                    "PACK_MALFORMED", "number of files", Integer.toString(count), "1 to " + Format.MOST_FILES);
        }
        var parts = new ArrayList<Part>();
        for (int i = 0; i < count; i++) {
            int length = header.readUnsignedShort();
            if (length > Format.LONGEST_PATH || (length == 0) != (i == 0)) {
                throw new PackException(
                        "PACK_MALFORMED",
                        "path of file " + i,
                        length + " bytes",
                        "none for the model, up to 4096 for others");
            }
            var name = new String(header.readNBytes(length), StandardCharsets.UTF_8);
            long size = header.readLong();
            if (size < 0) {
                throw new PackException("PACK_MALFORMED", "size of file " + i, Long.toString(size), "0 or more");
            }
            parts.add(new Part(name, size));
        }
        check("header", (int) checked.getChecksum().getValue());
        return parts;
    }

    private void read(Part part, TemporaryFile file) throws IOException {
        var digest = Packer.digest();
        try (var written = file.written()) {
            var output = new Output(written);
            var session = new Session(output);
            while (output.done < part.size) {
                var where = "block at byte " + output.done + " of " + shown(part);
                var raw = block(session, part.size - output.done, where);
                digest.update(raw);
                file.out().write(raw);
                output.done += raw.length;
            }
        }
        var expected = new byte[Format.DIGEST_BYTES];
        in.readFully(expected);
        if (!Arrays.equals(digest.digest(), expected)) {
            throw new PackException("PACK_DAMAGED", shown(part), "another SHA-256", "that of the packed file");
        }
    }

    /** What is decoded of a file: the blocks that were written, and the one at work. */
    private static final class Output implements Session.Past {
        private final FileChannel written;
        private long done;

        Output(FileChannel written) {
            this.written = written;
        }

        @Override
        public void copy(long distance, byte[] raw, int from, int length) throws IOException {
            long start = done + from - distance;
            if (start < 0) {
                throw new PackException(
                        "PACK_MALFORMED", "repetition", distance + " bytes back", "at most " + (done + from));
            }
            int ofFile = (int) Math.min(length, Math.max(0, done - start));
            var buffer = ByteBuffer.wrap(raw, from, ofFile);
            while (buffer.hasRemaining()) {
                if (written.read(buffer, start + buffer.position() - from) < 0) {
                    throw new EOFException("The file became shorter while it was unpacked");
                }
            }
            for (int i = ofFile; i < length; i++) {
                raw[from + i] = raw[(int) (start + i - done)];
            }
        }
    }

    private static String shown(Part part) {
        return part.name.isEmpty() ? "the model" : "'" + part.name + "'";
    }

    private byte[] block(Session session, long most, String where) throws IOException {
        var head = new byte[BlockWriter.HEAD_BYTES];
        in.readFully(head);
        var method = Format.Method.of(head[0]);
        int length = Length24.get(head, 1);
        int payloadBytes = Length24.get(head, 4);
        if (method.isEmpty() || length < 1 || length > most || length > Format.BLOCK_BYTES) {
            throw new PackException(
                    "PACK_MALFORMED",
                    where,
                    "method " + head[0] + ", " + length + " bytes",
                    "methods 0 to 3, 1 to " + Math.min(most, Format.BLOCK_BYTES) + " bytes");
        }
        if (payloadBytes > length) {
            throw new PackException("PACK_MALFORMED", where, "a payload of " + payloadBytes, "at most " + length);
        }
        var payload = new byte[payloadBytes];
        in.readFully(payload);
        var crc = new CRC32C();
        crc.update(head);
        crc.update(payload);
        check(where, (int) crc.getValue());
        return decoded(session, method.get(), payload, length);
    }

    private static byte[] decoded(Session session, Format.Method method, byte[] payload, int length)
            throws IOException {
        var raw = new byte[length];
        if (method == Format.Method.MODELLED) {
            var decoder = new RangeDecoder(payload);
            for (int at = 0; at < length; ) {
                at += session.code(decoder, raw, at, null);
            }
            return raw;
        }
        session.reset();
        switch (method) {
            case DEFLATED -> Deflate.unpack(payload, 0, payload.length, raw);
            case PLANES -> new PlanesDecoder(payload).decode(raw);
            default -> {
                if (payload.length != length) {
                    throw new PackException(
                            "PACK_MALFORMED", "stored block", payload.length + " bytes", length + " bytes");
                }
                return payload;
            }
        }
        return raw;
    }

    private void check(String where, int found) throws IOException {
        int expected = in.readInt();
        if (found != expected) {
            throw new PackException("PACK_DAMAGED", where, "CRC-32C %08x".formatted(found), "%08x".formatted(expected));
        }
    }
}
