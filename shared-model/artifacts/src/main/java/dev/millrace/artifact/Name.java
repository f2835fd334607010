package dev.millrace.artifact;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a document stands.
 *
 * @param hex what it is called there
 */
record Name(Path base, String hex) {
    private static final Pattern IN_FOLDER = Pattern.compile("([a-z]+)/([0-9a-f]{64})");

    /**
     * @param documents of those without a folder
     * @param folders parent of all folders
     */
    static Name of(String key, Path documents, Path folders) {
        var inFolder = IN_FOLDER.matcher(key);
        return inFolder.matches()
                ? new Name(folders.resolve(inFolder.group(1)), inFolder.group(2))
                : new Name(documents, Sha256.hex(key.getBytes(StandardCharsets.UTF_8)));
    }

    Path place() {
        return Staging.place(base, hex);
    }

    /** What a folder holds. */
    static List<StoredDocument> list(Path folders, String folder) throws IOException {
        var found = new ArrayList<StoredDocument>();
        if (!Files.isDirectory(folders.resolve(folder))) {
            return found;
        }
        try (var shelves = Files.newDirectoryStream(folders.resolve(folder))) {
            for (var shelf : shelves) {
                try (var published = Files.newDirectoryStream(shelf)) {
                    for (var document : published) {
                        stored(folder, document).ifPresent(found::add);
                    }
                }
            }
        }
        return found;
    }

    /** Empty if it was removed just now. */
    private static Optional<StoredDocument> stored(String folder, Path document) throws IOException {
        try {
            return Optional.of(new StoredDocument(folder + "/" + document.getFileName(), Staging.usedAt(document)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
