package dev.millrace.stage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Files that tasks leave for later tasks, found by a key that says all they depend on. Any process may use the directory at
 * the same time: an entry is there whole or not at all. A damaged one is removed as if it had never been. Beyond the limit
 * the entry goes that was least recently used.
 *
 * @param directory of the entries; made when the first is kept
 * @param maxBytes of all entries; 0 keeps none
 */
public record SharedCache(Path directory, long maxBytes) {
    private static final String ENTRY = ".entry";
    private static final String UNFINISHED = ".part";

    /** A checksum of all before it. */
    private static final int FOOTER = Long.BYTES;

    /** After so long nobody writes a file any more. */
    private static final Duration ABANDONED = Duration.ofDays(1);

    /**
     * What was kept, mapped into memory.
     *
     * @param key hexadecimal digest
     */
    public Optional<ByteBuffer> find(String key) throws IOException {
        var file = directory.resolve(key + ENTRY);
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size() - FOOTER;
            if (size >= 0 && size <= Integer.MAX_VALUE - FOOTER) {
                var bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size + FOOTER);
                var content = bytes.slice(0, (int) size);
                if (checksum(content.duplicate())
                        == bytes.order(ByteOrder.BIG_ENDIAN).getLong((int) size)) {
                    Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
                    return Optional.of(content);
                }
            }
        } catch (NoSuchFileException e) {
            return Optional.empty(); // never kept, or just removed for its age
        }
        Files.deleteIfExists(file);
        return Optional.empty();
    }

    /** An entry to write. */
    public Entry entry() throws IOException {
        Files.createDirectories(directory);
        return new Entry(Files.createTempFile(directory, "cache", UNFINISHED));
    }

    private static long checksum(ByteBuffer bytes) {
        var sum = new CRC32C();
        sum.update(bytes);
        return sum.getValue();
    }

    /** Removes what was used least recently until the rest is within the limit. */
    private void tidy() throws IOException {
        var entries = new ArrayList<Used>();
        try (var files = Files.newDirectoryStream(directory, "*{" + ENTRY + "," + UNFINISHED + "}")) {
            for (var file : files) {
                Used.of(file).ifPresent(entries::add);
            }
        }
        entries.sort(Comparator.comparing(Used::at));
        long bytes = entries.stream().mapToLong(Used::bytes).sum();
        var old = Instant.now().minus(ABANDONED);
        for (var used : entries) {
            boolean unfinished = used.file.toString().endsWith(UNFINISHED);
            if (unfinished ? used.at.isBefore(old) : bytes > maxBytes) {
                Files.deleteIfExists(used.file);
                bytes -= used.bytes;
            }
        }
    }

    private record Used(Path file, Instant at, long bytes) {
        /** Empty if another process has just removed the file. */
        static Optional<Used> of(Path file) throws IOException {
            try {
                return Optional.of(
                        new Used(file, Files.getLastModifiedTime(file).toInstant(), Files.size(file)));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        }
    }

    /** A file being written, which nobody sees before it is kept. */
    public final class Entry implements Closeable {
        private final Path file;
        private final FileChannel channel;
        private final CRC32C sum = new CRC32C();
        private boolean kept;

        private Entry(Path file) throws IOException {
            this.file = file;
            channel = FileChannel.open(file, StandardOpenOption.WRITE);
        }

        /** Appends all that remains of the buffer. */
        public void write(ByteBuffer bytes) throws IOException {
            sum.update(bytes.duplicate());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        /**
         * Makes what was written an entry, in place of an older one, if the cache is large enough for it.
         *
         * @param key hexadecimal digest of all that the content depends on
         */
        public void keep(String key) throws IOException {
            if (channel.size() + FOOTER > Math.min(maxBytes, Integer.MAX_VALUE)) {
                return;
            }
            var footer = ByteBuffer.allocate(FOOTER).putLong(sum.getValue()).flip();
            while (footer.hasRemaining()) {
                channel.write(footer);
            }
            channel.force(true);
            Files.move(file, directory.resolve(key + ENTRY), StandardCopyOption.ATOMIC_MOVE);
            kept = true;
            tidy();
        }

        /** Removes what was not kept. */
        @Override
        public void close() throws IOException {
            channel.close();
            if (!kept) {
                Files.deleteIfExists(file);
            }
        }
    }
}
