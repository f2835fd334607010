package dev.millrace.pack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Paths of files beside a model, which must not lead anywhere else. */
final class ExternalPath {
    private ExternalPath() {}

    /**
     * A file beside the model.
     *
     * @throws PackException if the path leads elsewhere or to the model itself
     */
    static Path resolve(Path model, String path) throws IOException {
        var directory = model.toAbsolutePath().normalize().getParent();
        if (directory == null || path.isEmpty() || path.indexOf('\\') >= 0 || path.length() > Format.LONGEST_PATH) {
            throw refused(path);
        }
        Path relative;
        try {
            relative = Path.of(path);
        } catch (InvalidPathException e) {
            throw refused(path);
        }
        var file = directory.resolve(relative).normalize();
        if (relative.isAbsolute()
                || !relative.normalize().equals(relative)
                || !file.startsWith(directory)
                || file.equals(directory)
                || file.equals(model.toAbsolutePath().normalize())) {
            throw refused(path);
        }
        for (var each = file; each != null && !each.equals(directory); each = each.getParent()) {
            if (Files.isSymbolicLink(each)) {
                throw new PackException(
                        "EXTERNAL_DATA_LINK", "external data", "symbolic link '" + path + "'", "a plain file");
            }
        }
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new PackException("EXTERNAL_DATA_LINK", "external data", "'" + path + "' is no file", "a plain file");
        }
        return file;
    }

    private static PackException refused(String path) {
        return new PackException(
                "EXTERNAL_DATA_PATH",
                "external data",
                "path '" + path + "'",
                "a plain path within the model's directory");
    }
}
