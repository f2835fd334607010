package dev.millrace.pack;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** A file that is written under another name and takes its own in one step, when it is whole; else nothing is left of it. */
final class TemporaryFile implements Closeable {
    private final Path target;
    private final Path file;
    private final OutputStream out;

    TemporaryFile(Path target) throws IOException {
        this.target = target.toAbsolutePath();
        file = this.target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".part");
        out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    OutputStream out() {
        return out;
    }

    /** What was written so far, to read it again. */
    FileChannel written() throws IOException {
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    long size() throws IOException {
        return Files.size(file);
    }

    /** Gives the file its name; one that has it already is replaced. */
    void publish() throws IOException {
        out.close();
        try {
            Files.move(file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("The file system of " + target + " cannot rename in one step", e);
        }
    }

    /** Removes what was not published. */
    @Override
    public void close() throws IOException {
        try {
            out.close();
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
