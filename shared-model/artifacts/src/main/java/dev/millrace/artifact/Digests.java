package dev.millrace.artifact;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Digests of files and directories, each computed once. What was computed is remembered under a fingerprint of paths,
 * sizes, inodes and times of change, in memory and, where computing takes long, as a document of the store, so nothing has
 * to be forgotten when a file changes.
 */
final class Digests {
    /** A file changed so recently may change again within one tick of the file system's clock. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    private static final long WORTH_STORING_BYTES = 64L << 20;
    private static final int REMEMBERED = 10_000;

    private final Clock clock;
    private final ArtifactStore documents;
    private final Map<String, String> memory = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > REMEMBERED;
        }
    });

    Digests(Clock clock, ArtifactStore documents) {
        this.clock = clock;
        this.documents = documents;
    }

    /** SHA-256 of a file's bytes, or of the names and digests of all files below a directory in the order of names. */
    String of(Path path) throws IOException {
        var before = Fingerprint.of(path);
        var known = remembered(before);
        if (known.isPresent()) {
            return known.get();
        }
        boolean settled = before.newest().isBefore(clock.instant().minus(SETTLED));
        var digest = content(path);
        if (settled && Fingerprint.of(path).equals(before)) {
            remember(before, digest);
        }
        return digest;
    }

    /** The digest of this very state of the file or directory, if it was computed before. */
    Optional<String> remembered(Path path) throws IOException {
        return remembered(Fingerprint.of(path));
    }

    private Optional<String> remembered(Fingerprint fingerprint) throws IOException {
        var digest = memory.get(fingerprint.hex());
        if (digest != null || fingerprint.bytes() < WORTH_STORING_BYTES) {
            return Optional.ofNullable(digest);
        }
        return documents.document(key(fingerprint)).map(bytes -> new String(bytes, StandardCharsets.US_ASCII));
    }

    private void remember(Fingerprint fingerprint, String digest) throws IOException {
        memory.put(fingerprint.hex(), digest);
        if (fingerprint.bytes() >= WORTH_STORING_BYTES) {
            documents.putDocument(key(fingerprint), digest.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static String key(Fingerprint fingerprint) {
        return "digest/" + fingerprint.hex();
    }

    private static String content(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return Sha256.hex(path);
        }
        var digest = Sha256.start();
        Tree.walk(path, entry -> add(digest, entry.name(), Sha256.hex(entry.path())));
        return Sha256.hex(digest);
    }

    private static void add(MessageDigest digest, Object... fields) {
        for (var field : fields) {
            digest.update(field.toString().getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0); // no name contains it
        }
    }

    /** What a directory listing tells about a file or a tree without reading it. */
    private record Fingerprint(String hex, long bytes, Instant newest) {
        static Fingerprint of(Path path) throws IOException {
            var digest = Sha256.start();
            var sum = new Object() {
                long bytes;
                Instant newest = Instant.MIN;
            };
            Tree.walk(path, entry -> {
                add(digest, entry.path(), entry.sizeBytes(), entry.inode(), entry.modified(), entry.changed());
                sum.bytes += entry.sizeBytes();
                var changed = entry.changed().toInstant();
                sum.newest = changed.isAfter(sum.newest) ? changed : sum.newest;
            });
            return new Fingerprint(Sha256.hex(digest), sum.bytes, sum.newest);
        }
    }
}
