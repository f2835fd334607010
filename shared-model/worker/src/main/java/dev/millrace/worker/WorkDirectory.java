package dev.millrace.worker;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Scratch space of one process, locked while the process lives; whoever opens one removes those that nobody holds. */
final class WorkDirectory implements AutoCloseable {
    private static final String LOCK = ".lock";

    private final Path directory;
    private final FileChannel lock;

    private WorkDirectory(Path directory, FileChannel lock) {
        this.directory = directory;
        this.lock = lock;
    }

    static WorkDirectory open(Path parent) throws IOException {
        Files.createDirectories(parent);
        try (var others = Files.list(parent)) {
            for (var other : others.filter(Files::isDirectory).toList()) {
                deleteIfAbandoned(other);
            }
        }
        var directory = Files.createTempDirectory(parent.toAbsolutePath(), "worker-");
        var lock = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        lock.lock();
        return new WorkDirectory(directory, lock);
    }

    /** An empty directory for one attempt. */
    Path forAttempt() throws IOException {
        return Files.createTempDirectory(directory, "task-");
    }

    static void delete(Path directory) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** A directory without a lock file is just being made. */
    private static void deleteIfAbandoned(Path directory) throws IOException {
        var file = directory.resolve(LOCK);
        if (!Files.exists(file)) {
            return;
        }
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE);
                var lock = channel.tryLock()) {
            if (lock != null) {
                delete(directory);
            }
        } catch (OverlappingFileLockException e) {
            return; // held by another worker of this process
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
        delete(directory);
    }
}
