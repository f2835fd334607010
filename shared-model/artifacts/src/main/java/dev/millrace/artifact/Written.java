package dev.millrace.artifact;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A new file, on the disk for good: its bytes are synced, it cannot be written again. */
record Written(String sha256, long sizeBytes) {
    private static final Set<PosixFilePermission> READ_ONLY = PosixFilePermissions.fromString("r--r--r--");

    /** Copies all bytes into a file that must not exist yet. */
    static Written copy(InputStream in, Path file) throws IOException {
        var digest = Sha256.start();
        long size = 0;
        try (var out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var buffer = new byte[Sha256.BUFFER_BYTES];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
                for (var rest = ByteBuffer.wrap(buffer, 0, n); rest.hasRemaining(); ) {
                    out.write(rest);
                }
                size += n;
            }
            Files.setPosixFilePermissions(file, READ_ONLY);
            out.force(true);
        }
        return new Written(Sha256.hex(digest), size);
    }

    static Written copy(Path source, Path file) throws IOException {
        try (var in = Files.newInputStream(source, LinkOption.NOFOLLOW_LINKS)) {
            return copy(in, file);
        }
    }

    static Written bytes(byte[] bytes, Path file) throws IOException {
        return copy(new ByteArrayInputStream(bytes), file);
    }
}
