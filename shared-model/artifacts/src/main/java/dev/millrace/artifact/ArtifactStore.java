package dev.millrace.artifact;

import dev.millrace.message.ArtifactReference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Content-addressed store: what {@link #put} returns can be read by every process that shares the store, and never
 * changes. Bytes are written under a temporary name, synced, digested and published without overwriting, so that dying at
 * any moment leaves the artifact whole or absent.
 */
public interface ArtifactStore {
    /**
     * Stores a file, and the files beside it that a model refers to as external data.
     *
     * @param file a regular file
     * @param external names relative to the file's directory
     * @throws StorageFullException if the store has no room; nothing is left behind
     */
    ArtifactReference put(Path file, List<String> external) throws IOException;

    /** Stores a stream of any length. */
    ArtifactReference put(InputStream bytes) throws IOException;

    /**
     * The bytes of a reference as a local file, digest checked where the reference has one; external files stand beside it
     * under their names. Read-only.
     *
     * @throws dev.millrace.message.RefusedException if the URI is outside the store and the configured roots, is no
     *     regular file, or has another digest
     */
    Path resolve(ArtifactReference reference) throws IOException;

    /** Stores a small document under a key, once: the first writer wins. Returns whether this call stored it. */
    boolean putDocument(String key, byte[] document) throws IOException;

    /** Stores or replaces a small document under a key, atomically. */
    void replaceDocument(String key, byte[] document) throws IOException;

    Optional<byte[]> document(String key) throws IOException;
}
