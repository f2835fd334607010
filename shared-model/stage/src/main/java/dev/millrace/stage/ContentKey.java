package dev.millrace.stage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** The SHA-256 digest of all that something stored depends on, told one after the other. */
public final class ContentKey {
    private static final int CHUNK = 1 << 16;

    private final MessageDigest digest;

    public ContentKey() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The content of a file; its name does not count. */
    public ContentKey file(Path file) throws IOException {
        var chunk = ByteBuffer.allocate(CHUNK);
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (channel.read(chunk.clear()) >= 0) {
                digest.update(chunk.flip());
            }
        }
        return this;
    }

    /** The content of a model file and of the files beside it that hold its external data. */
    public ContentKey model(Path file, List<String> external) throws IOException {
        file(file);
        for (var name : external) {
            file(file.resolveSibling(name));
        }
        return this;
    }

    /** Words and numbers, and where each ends. */
    public ContentKey text(Object... parts) {
        for (var part : parts) {
            var bytes = part.toString().getBytes(UTF_8);
            digest.update(
                    ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
            digest.update(bytes);
        }
        return this;
    }

    /** All that remains of the buffer, which is left as it is. */
    public ContentKey bytes(ByteBuffer bytes) {
        digest.update(bytes.duplicate());
        return this;
    }

    /** The digest; nothing can be told afterwards. */
    public byte[] digest() {
        return digest.digest();
    }

    /** The digest as a key, in hexadecimal digits. */
    public String hex() {
        return HexFormat.of().formatHex(digest());
    }
}
