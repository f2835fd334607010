package dev.millrace.artifact;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.ArtifactReference.ExternalFile;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Artifacts in a directory, which any number of processes may share.
 *
 * <pre>
 * artifacts/ab/abcd…/reference.json      what it is: digest and size of every file
 * artifacts/ab/abcd…/files/model.onnx    the bytes; external data beside it
 * documents/12/1234…/document            named by the digest of the key
 * folders/results/56/5678…/document      those of a folder, named as their key says
 * staging/                               what is being written
 * </pre>
 *
 * <p>An artifact of one file is named by the digest of the file; one with external data by the digest of its listing,
 * because two models may share the file and differ in the data. Publishing is the rename of a staged directory, which a
 * file system refuses where a directory that is not empty stands.
 *
 * <p>A file under a root is checked when it is resolved, and read in place afterwards: whoever may write below a root is
 * trusted not to swap files under a running task.
 */
public final class FileArtifactStore implements ArtifactStore, Closeable {
    private static final String MODEL = "model.onnx";
    private static final String FILES = "files";
    private static final String LISTING = "reference.json";
    private static final String DOCUMENT = "document";

    private final Path artifacts;
    private final Path documents;
    private final Path folders;
    private final Staging staging;
    private final Roots roots;
    private final Digests digests;

    private FileArtifactStore(Path directory, List<Path> roots) throws IOException {
        Files.createDirectories(directory);
        var real = directory.toRealPath();
        this.artifacts = Files.createDirectories(real.resolve("artifacts"));
        this.documents = Files.createDirectories(real.resolve("documents"));
        this.folders = Files.createDirectories(real.resolve("folders"));
        this.staging = Staging.open(Files.createDirectories(real.resolve("staging")));
        this.roots = new Roots(roots);
        this.digests = new Digests(Clock.systemUTC(), this);
    }

    /**
     * Opens or creates a store, and removes what dead writers left behind.
     *
     * @param roots directories, or single files, that {@code file:} addresses may point into. A root itself may be a
     *     symbolic link; below it there may be none
     */
    public static FileArtifactStore open(Path directory, List<Path> roots) throws IOException {
        return new FileArtifactStore(directory, roots);
    }

    /** Gives the staging directory up. Nothing can be stored afterwards. */
    @Override
    public void close() throws IOException {
        staging.close();
    }

    @Override
    public ArtifactReference put(Path file, List<String> external) throws IOException {
        var directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new RefusedException("NOT_REGULAR", file.toString(), "a directory", "a regular file");
        }
        var source = Tree.file(directory, file.getFileName());
        return staging.write(draft -> {
            var files = Files.createDirectory(draft.resolve(FILES));
            var model = Written.copy(source, files.resolve(MODEL));
            var parts = new ArrayList<ExternalFile>();
            for (var name : new TreeSet<>(external)) {
                var target = files.resolve(externalName(name));
                Files.createDirectories(target.getParent());
                var part = Written.copy(Tree.file(directory, externalName(name)), target);
                parts.add(new ExternalFile(name, part.sha256(), part.sizeBytes()));
            }
            return publish(draft, model, parts);
        });
    }

    @Override
    public ArtifactReference put(InputStream bytes) throws IOException {
        return staging.write(draft -> {
            var files = Files.createDirectory(draft.resolve(FILES));
            return publish(draft, Written.copy(bytes, files.resolve(MODEL)), List.of());
        });
    }

    @Override
    public Path resolve(ArtifactReference reference) throws IOException {
        var hex = StoredUri.hex(reference.uri());
        var known = hex.isPresent() ? agreed(stored(hex.get()), reference) : reference;
        var model = hex.isPresent()
                ? Tree.file(Staging.place(artifacts, hex.get()).resolve(FILES), Path.of(MODEL))
                : Tree.file(roots.locate(reference.uri()));
        checkContent(model, known.sha256(), known.sizeBytes());
        for (var part : known.external()) {
            checkContent(beside(model, part.name()), part.sha256(), part.sizeBytes());
        }
        return model;
    }

    @Override
    public ArtifactReference identify(ArtifactReference reference) throws IOException {
        var hex = StoredUri.hex(reference.uri());
        if (hex.isPresent()) {
            return agreed(stored(hex.get()), reference);
        }
        var model = Tree.file(roots.locate(reference.uri()));
        var parts = new ArrayList<ExternalFile>();
        for (var part : reference.external()) {
            var file = beside(model, part.name());
            parts.add(new ExternalFile(part.name(), digests.of(file), Files.size(file)));
        }
        var found = new ArtifactReference(reference.uri(), digests.of(model), Files.size(model), parts);
        return agreed(found, reference);
    }

    @Override
    public void remove(ArtifactReference reference) throws IOException {
        var hex = StoredUri.hex(reference.uri());
        if (hex.isPresent()) {
            staging.remove(artifacts, hex.get());
        }
    }

    /**
     * Removes artifacts and documents that nobody has stored, resolved or read since then, to the minute. Other processes may
     * use the store meanwhile.
     *
     * @return how many were removed
     */
    public int removeUnused(Instant since) throws IOException {
        int count = staging.removeUnused(documents, since) + staging.removeUnused(artifacts, since);
        try (var all = Files.newDirectoryStream(folders)) {
            for (var folder : all) {
                count += staging.removeUnused(folder, since);
            }
        }
        return count;
    }

    @Override
    public boolean removeUnused(ArtifactReference reference, Instant since) throws IOException {
        var hex = StoredUri.hex(reference.uri());
        return hex.isPresent() && staging.removeIfUnused(Staging.place(artifacts, hex.get()), since);
    }

    @Override
    public Path resolveData(String uri) throws IOException {
        if (StoredUri.hex(uri).isPresent()) {
            return resolve(ArtifactReference.of(uri));
        }
        var path = roots.locate(uri);
        Tree.check(path);
        return path;
    }

    @Override
    public String digestData(String uri) throws IOException {
        var hex = StoredUri.hex(uri);
        return hex.isPresent() ? hex.get() : digests.of(roots.locate(uri));
    }

    @Override
    public boolean putDocument(String key, byte[] document) throws IOException {
        var name = name(key);
        return staging.write(draft -> {
            Written.bytes(document, draft.resolve(DOCUMENT));
            return staging.publish(draft, name.base(), name.hex());
        });
    }

    @Override
    public void replaceDocument(String key, byte[] document) throws IOException {
        var name = name(key);
        staging.write(draft -> {
            Written.bytes(document, draft.resolve(DOCUMENT));
            if (!staging.publish(draft, name.base(), name.hex())) {
                staging.replace(draft, DOCUMENT, name.place());
            }
            return key;
        });
    }

    @Override
    public Optional<byte[]> document(String key) throws IOException {
        Staging.use(name(key).place());
        return look(key);
    }

    @Override
    public Optional<byte[]> look(String key) throws IOException {
        try {
            return Optional.of(Files.readAllBytes(name(key).place().resolve(DOCUMENT)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<StoredDocument> documents(String folder) throws IOException {
        return Name.list(folders, folder);
    }

    @Override
    public void removeDocument(String key) throws IOException {
        var name = name(key);
        staging.remove(name.base(), name.hex());
    }

    @Override
    public boolean removeUnusedDocument(String key, Instant since) throws IOException {
        return staging.removeIfUnused(name(key).place(), since);
    }

    private ArtifactReference publish(Path draft, Written model, List<ExternalFile> external) throws IOException {
        var listing = new ArtifactReference("", model.sha256(), model.sizeBytes(), external);
        var hex = external.isEmpty() ? model.sha256() : Sha256.hex(Json.write(listing));
        var reference =
                new ArtifactReference(StoredUri.of(hex), listing.sha256(), listing.sizeBytes(), listing.external());
        Written.bytes(Json.write(reference), draft.resolve(LISTING));
        staging.publish(draft, artifacts, hex);
        return reference;
    }

    private ArtifactReference stored(String hex) throws IOException {
        try {
            var place = Staging.place(artifacts, hex);
            Staging.use(place);
            return Json.read(Files.readAllBytes(place.resolve(LISTING)), ArtifactReference.class);
        } catch (NoSuchFileException e) {
            throw new RefusedException("NOT_FOUND", StoredUri.of(hex), "nothing", "an artifact of this store");
        }
    }

    /** What is there, if it is what the reference says as far as that says anything. */
    private static ArtifactReference agreed(ArtifactReference found, ArtifactReference reference) {
        refuseOther(reference.uri(), found.sha256(), reference.sha256());
        refuseOther(reference.uri(), found.sizeBytes(), reference.sizeBytes());
        if (!reference.external().isEmpty()) {
            refuseOther(reference.uri(), new TreeSet<>(names(found)), new TreeSet<>(names(reference)));
        }
        return found;
    }

    private static List<String> names(ArtifactReference reference) {
        return reference.external().stream().map(ExternalFile::toString).toList();
    }

    private void checkContent(Path file, @Nullable String sha256, @Nullable Long sizeBytes) throws IOException {
        refuseOther(file.toString(), Files.size(file), sizeBytes);
        if (sha256 != null) {
            refuseOther(file.toString(), digests.of(file), sha256);
        }
    }

    private static void refuseOther(String where, @Nullable Object found, @Nullable Object expected) {
        if (expected != null && !expected.equals(found)) {
            throw new RefusedException(
                    "DIGEST_MISMATCH", where, String.valueOf(found), "what the reference says: " + expected);
        }
    }

    private static Path beside(Path model, String name) throws IOException {
        return Tree.file(model.resolveSibling(""), externalName(name));
    }

    /** A relative path that stays below its directory and is not the model's own name. */
    private static Path externalName(String name) {
        if (name.indexOf('\0') < 0 && !name.isEmpty()) {
            var path = Path.of(name);
            if (!path.isAbsolute()
                    && path.toString().equals(name)
                    && path.equals(path.normalize())
                    && !path.startsWith("..")
                    && !path.startsWith(MODEL)) {
                return path;
            }
        }
        throw new RefusedException(
                "BAD_EXTERNAL_NAME", "external data", name, "a relative path below the model's directory");
    }

    private Name name(String key) {
        return Name.of(key, documents, folders);
    }
}
