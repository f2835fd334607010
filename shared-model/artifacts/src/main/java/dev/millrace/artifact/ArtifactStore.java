package dev.millrace.artifact;

import dev.millrace.message.ArtifactReference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Content-addressed store: what {@link #put} returns can be read by every process that shares the store, and never
 * changes. Bytes are written under a temporary name, synced, digested and published without overwriting, so that dying at
 * any moment leaves the artifact whole or absent.
 *
 * <p>Two kinds of address: {@code millrace:sha256/<hex>} is in the store; {@code file:} is a file of the user, read in
 * place, under one of the configured roots. Every method that takes an address throws {@link
 * dev.millrace.message.RefusedException}:
 *
 * <table>
 * <caption>Codes</caption>
 * <tr><td>{@code BAD_URI}</td><td>no address of these two kinds, or spelled with tricks</td></tr>
 * <tr><td>{@code OUTSIDE_ROOTS}</td><td>a file outside every configured root</td></tr>
 * <tr><td>{@code NOT_FOUND}</td><td>nothing there</td></tr>
 * <tr><td>{@code NOT_REGULAR}</td><td>a symbolic link on the way, a hard link, a device, a fifo, or a directory where a
 * file must be</td></tr>
 * <tr><td>{@code DIGEST_MISMATCH}</td><td>other bytes than the reference says</td></tr>
 * </table>
 */
public interface ArtifactStore {
    /**
     * Stores a file, and the files beside it that a model refers to as external data.
     *
     * @param file a regular file
     * @param external names relative to the file's directory, below it; the model is at {@code model.onnx} afterwards
     * @throws StorageFullException if the store has no room; nothing is left behind
     * @throws dev.millrace.message.RefusedException if a file is not regular or a name is not below the directory
     */
    ArtifactReference put(Path file, List<String> external) throws IOException;

    /**
     * Stores a stream of any length, in constant memory. Does not close it.
     *
     * @throws StorageFullException if the store has no room; nothing is left behind
     */
    ArtifactReference put(InputStream bytes) throws IOException;

    /**
     * The model of a reference as a local file. Digests are checked where the reference has them; external files stand
     * beside it under their names, as regular files with one link. Read-only.
     *
     * <p>The name of a stored file says nothing about its content.
     */
    Path resolve(ArtifactReference reference) throws IOException;

    /**
     * The same reference with digest and size of every file, for comparing contents. A stored model gets its list of
     * external files from the store; a {@code file:} model keeps the list it has.
     */
    ArtifactReference identify(ArtifactReference reference) throws IOException;

    /** Removes a stored artifact that nobody will ask for again. One that is not there, or a user's file, is left alone. */
    void remove(ArtifactReference reference) throws IOException;

    /** Data as a local file, or as a directory of regular files. Read-only. */
    Path resolveData(String uri) throws IOException;

    /**
     * Digest of a file's content, or of names and contents of a directory. Remembered by path, size and times of change,
     * so that unchanged data is read once.
     *
     * @return lower-case hex SHA-256
     */
    String digestData(String uri) throws IOException;

    /**
     * Stores a small document under a key, once: the first writer wins.
     *
     * @param key any text. One of the form {@code folder/<64 hex digits>}, the folder of lower-case letters, can be listed
     * @return whether this call stored it
     */
    boolean putDocument(String key, byte[] document) throws IOException;

    /** Stores or replaces a small document under a key, atomically. */
    void replaceDocument(String key, byte[] document) throws IOException;

    Optional<byte[]> document(String key) throws IOException;

    /** A document as {@link #document}, but looking at it is no use of it. */
    Optional<byte[]> look(String key) throws IOException;

    /** All documents of a folder, in no order. */
    List<StoredDocument> documents(String folder) throws IOException;

    /** Removes a document if nobody has used it since then. Returns whether it is gone. */
    boolean removeUnusedDocument(String key, Instant since) throws IOException;

    /** Removes a stored artifact if nobody has used it since then; a user's file is left alone. Returns whether it is gone. */
    boolean removeUnused(ArtifactReference reference, Instant since) throws IOException;

    /** Removes a document, if it is there. */
    void removeDocument(String key) throws IOException;
}
