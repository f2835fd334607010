package dev.millrace.engine.data;

import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The files of one format under a folder, in name order, and their classes: the sub-folders, numbered in name order.
 *
 * @param classes names of the sub-folders that hold files; empty if the files lie in the folder itself
 */
record FileList(Path root, List<Path> files, List<String> classes) {

    static FileList of(Path path, DataFormat format) throws IOException {
        if (!Files.isDirectory(path)) {
            return new FileList(path.resolveSibling(""), List.of(path), List.of());
        }
        try (var walk = Files.walk(path)) {
            var files = walk.filter(Files::isRegularFile)
                    .filter(format::matches)
                    .sorted()
                    .toList();
            if (files.isEmpty()) {
                throw new RefusedException(
                        "DATA_MISSING", path.toString(), "no file of format " + format.title(), "at least one");
            }
            var classes = files.stream()
                    .map(path::relativize)
                    .filter(file -> file.getNameCount() > 1)
                    .map(file -> file.getName(0).toString())
                    .distinct()
                    .sorted()
                    .toList();
            return new FileList(path, files, classes);
        }
    }

    /** The class of a file; −1 if there are no classes. */
    int label(Path file) {
        return classes.indexOf(root.relativize(file).getName(0).toString());
    }

    String where(Path file) {
        return root.relativize(file).toString();
    }
}
