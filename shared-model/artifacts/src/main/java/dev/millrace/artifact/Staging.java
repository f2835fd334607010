package dev.millrace.artifact;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Where one store object writes what is not published yet; what dead writers left goes when the next store is opened. */
final class Staging implements Closeable {
    private static final long FULL_BELOW_BYTES = 64 * 1024;

    /** The time of use is that of the last change of a published directory, written once in a while. */
    private static final Duration USE_PRECISION = Duration.ofMinutes(1);

    private final OwnDirectory own;
    private final Path directory;
    private final AtomicLong drafts = new AtomicLong();

    private Staging(OwnDirectory own) {
        this.own = own;
        this.directory = own.path();
    }

    /** Work on a draft: an empty directory that is gone afterwards unless it was published. */
    @FunctionalInterface
    interface Draft<T> {
        T write(Path draft) throws IOException;
    }

    /** Opens a staging directory of its own below {@code parent}. */
    static Staging open(Path parent) throws IOException {
        return new Staging(OwnDirectory.open(parent));
    }

    @Override
    public void close() throws IOException {
        own.close();
    }

    /**
     * Runs the work on a new draft.
     *
     * @throws StorageFullException if it fails because there is no room
     */
    <T> T write(Draft<T> work) throws IOException {
        var draft = directory.resolve(Long.toString(drafts.incrementAndGet()));
        try {
            return work.write(Files.createDirectory(draft));
        } catch (IOException e) {
            if (isFull(e)) {
                throw new StorageFullException("No room in " + directory.getParent() + ": " + e.getMessage(), e);
            }
            throw e;
        } finally {
            OwnDirectory.delete(draft);
        }
    }

    /**
     * Makes the draft appear as {@link #place}, for good. Returns whether this call did it: where something stands
     * already, that stays.
     */
    boolean publish(Path draft, Path base, String hex) throws IOException {
        syncDirectories(draft);
        var shelf = shelf(base, hex);
        if (!Files.isDirectory(shelf)) {
            Files.createDirectories(shelf);
            sync(base);
        }
        var target = shelf.resolve(hex);
        boolean published = renameUnlessTaken(draft, target);
        while (!published && !use(target)) { // what stood there was removed just now
            published = renameUnlessTaken(draft, target);
        }
        sync(shelf);
        return published;
    }

    /** Notes that something published is in use. Returns whether it is there. */
    static boolean use(Path published) throws IOException {
        try {
            var now = Instant.now();
            if (usedAt(published).isBefore(now.minus(USE_PRECISION))) {
                Files.setLastModifiedTime(published, FileTime.from(now));
            }
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Makes what stands at {@link #place} disappear at once; nothing may stand there. */
    void remove(Path base, String hex) throws IOException {
        var removed = directory.resolve(Long.toString(drafts.incrementAndGet()));
        try {
            Files.move(place(base, hex), removed, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return;
        }
        OwnDirectory.delete(removed);
    }

    /** Removes what was used last before that time, and returns how many directories these were. */
    int removeUnused(Path base, Instant since) throws IOException {
        int count = 0;
        try (var shelves = Files.newDirectoryStream(base)) {
            for (var shelf : shelves) {
                try (var published = Files.newDirectoryStream(shelf)) {
                    for (var candidate : published) {
                        count += removeIfUnused(candidate, since) ? 1 : 0;
                    }
                }
            }
        }
        return count;
    }

    /**
     * Removes a published directory if it was used last before that time. Takes it away first and looks again: somebody may
     * have begun to use it, and gets it back then.
     */
    boolean removeIfUnused(Path published, Instant since) throws IOException {
        var removed = directory.resolve(Long.toString(drafts.incrementAndGet()));
        try {
            if (!usedAt(published).isBefore(since)) {
                return false;
            }
            Files.move(published, removed, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) { // removed by another process
            return false;
        }
        boolean unused = usedAt(removed).isBefore(since);
        if (!unused) {
            renameUnlessTaken(removed, published);
        }
        OwnDirectory.delete(removed);
        return unused;
    }

    static Instant usedAt(Path published) throws IOException {
        return Files.getLastModifiedTime(published).toInstant();
    }

    /** Replaces the file of that name in a published directory by the one of the draft, atomically. */
    void replace(Path draft, String name, Path published) throws IOException {
        Files.move(
                draft.resolve(name),
                published.resolve(name),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        sync(published);
    }

    /** Where the directory of that name stands: {@code base/ab/abcd…}, so that no directory gets too many entries. */
    static Path place(Path base, String hex) {
        return shelf(base, hex).resolve(hex);
    }

    private static Path shelf(Path base, String hex) {
        return base.resolve(hex.substring(0, 2));
    }

    private static boolean renameUnlessTaken(Path draft, Path target) throws IOException {
        try {
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (FileSystemException e) {
            if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
            throw e;
        }
    }

    private boolean isFull(IOException e) throws IOException {
        var text = String.valueOf(e.getMessage());
        return text.contains("No space left")
                || text.contains("quota exceeded")
                || Files.getFileStore(directory).getUsableSpace() < FULL_BELOW_BYTES; // the text depends on the locale
    }

    private static void syncDirectories(Path draft) throws IOException {
        Files.walkFileTree(draft, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                sync(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void sync(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
