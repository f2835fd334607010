package dev.millrace.artifact;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A directory for what its owner writes, and beside it a lock file that is locked while the owner lives. A directory whose
 * lock can be had belonged to a dead owner and is removed by whoever opens the next one in the same place. Several processes
 * may do so at once.
 */
public final class OwnDirectory implements Closeable {
    private static final String LOCK_SUFFIX = ".lock";

    /** Locks of this JVM. They must not even be opened: closing any handle on a file drops the process's locks on it. */
    private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final Path lockFile;
    private final FileChannel lock;

    private OwnDirectory(Path path, Path lockFile, FileChannel lock) {
        this.path = path;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /** Makes an empty directory below {@code parent}, which is made if need be. */
    public static OwnDirectory open(Path parent) throws IOException {
        var real = Files.createDirectories(parent).toRealPath();
        sweep(real);
        while (true) {
            var name = UUID.randomUUID().toString();
            var lockFile = real.resolve(name + LOCK_SUFFIX);
            OURS.add(lockFile);
            var channel = FileChannel.open(lockFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            channel.lock();
            if (Files.exists(lockFile)) { // else another process swept it between the two lines above
                return new OwnDirectory(Files.createDirectory(real.resolve(name)), lockFile, channel);
            }
            channel.close();
            OURS.remove(lockFile);
        }
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** Removes the directory and all that is in it. */
    @Override
    public void close() throws IOException {
        delete(path);
        Files.deleteIfExists(lockFile);
        lock.close();
        OURS.remove(lockFile);
    }

    private static void sweep(Path parent) throws IOException {
        try (var locks = Files.newDirectoryStream(parent, "*" + LOCK_SUFFIX)) {
            for (var lockFile : locks) {
                if (!OURS.contains(lockFile)) {
                    removeIfDead(lockFile);
                }
            }
        }
    }

    private static void removeIfDead(Path lockFile) throws IOException {
        try (var channel = FileChannel.open(lockFile, StandardOpenOption.WRITE)) {
            if (channel.tryLock() != null) {
                var name = lockFile.getFileName().toString();
                delete(lockFile.resolveSibling(name.substring(0, name.length() - LOCK_SUFFIX.length())));
                Files.deleteIfExists(lockFile);
            }
        } catch (NoSuchFileException e) {
            return; // its owner closed, or another process swept it first
        }
    }

    /** Removes a directory and all that is in it, if it is there; what others remove meanwhile is no error. */
    public static void delete(Path directory) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
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
}
