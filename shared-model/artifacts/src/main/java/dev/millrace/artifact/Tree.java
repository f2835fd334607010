package dev.millrace.artifact;

import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;

/** Files and directories without links: a symbolic link, a second hard link, a fifo or a device is refused by its path. */
final class Tree {
    private Tree() {}

    /** A regular file as it stands on the disk. {@code name} is relative to the walked directory, empty for a lone file. */
    record Entry(String name, Path path, long sizeBytes, FileTime modified, FileTime changed, long inode) {}

    @FunctionalInterface
    interface Visitor {
        void visit(Entry entry) throws IOException;
    }

    /** The path below a base, without following links. The base itself is trusted. */
    static Path descend(Path base, Path relative) throws IOException {
        var path = base;
        for (var name : relative) {
            if (!path.equals(base)) {
                requireDirectory(path);
            }
            path = path.resolve(name);
        }
        attributes(path);
        return path;
    }

    /** A regular file below a base. */
    static Path file(Path base, Path relative) throws IOException {
        return file(descend(base, relative));
    }

    /** A regular file whose directory was checked. */
    static Path file(Path path) throws IOException {
        if (isDirectory(attributes(path))) {
            throw notRegular(path, "a directory", "a regular file");
        }
        return path;
    }

    /** Looks at a file, or at everything below a directory. */
    static void check(Path path) throws IOException {
        walk(path, entry -> {});
    }

    /** Visits a file, or every file below a directory in the order of names. */
    static void walk(Path path, Visitor visitor) throws IOException {
        walk(path, "", visitor);
    }

    private static void walk(Path path, String name, Visitor visitor) throws IOException {
        var attributes = attributes(path);
        if (!isDirectory(attributes)) {
            visitor.visit(entry(name, path, attributes));
            return;
        }
        var children = new ArrayList<String>();
        try (var listing = Files.newDirectoryStream(path)) {
            listing.forEach(child -> children.add(child.getFileName().toString()));
        }
        Collections.sort(children);
        for (var child : children) {
            walk(path.resolve(child), name.isEmpty() ? child : name + "/" + child, visitor);
        }
    }

    private static Entry entry(String name, Path path, Map<String, Object> attributes) {
        return new Entry(
                name,
                path,
                value(attributes, "size", Long.class),
                value(attributes, "lastModifiedTime", FileTime.class),
                value(attributes, "ctime", FileTime.class),
                value(attributes, "ino", Long.class));
    }

    private static void requireDirectory(Path path) throws IOException {
        if (!isDirectory(attributes(path))) {
            throw notRegular(path, "a file", "a directory");
        }
    }

    private static boolean isDirectory(Map<String, Object> attributes) {
        return value(attributes, "isDirectory", Boolean.class);
    }

    /** Of a directory, or of a regular file with one link. */
    private static Map<String, Object> attributes(Path path) throws IOException {
        Map<String, Object> attributes;
        try {
            attributes = Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw new RefusedException("NOT_FOUND", path.toString(), "nothing", "an existing file or directory");
        }
        if (value(attributes, "isSymbolicLink", Boolean.class)) {
            throw notRegular(path, "a symbolic link", "regular files and directories");
        }
        if (value(attributes, "isOther", Boolean.class)) {
            throw notRegular(path, "a fifo, socket or device", "regular files and directories");
        }
        if (!isDirectory(attributes) && value(attributes, "nlink", Integer.class) > 1) {
            throw notRegular(
                    path,
                    "a file with " + value(attributes, "nlink", Integer.class) + " hard links",
                    "a file with one link");
        }
        return attributes;
    }

    private static <T> T value(Map<String, Object> attributes, String name, Class<T> type) {
        return type.cast(Objects.requireNonNull(attributes.get(name), name));
    }

    private static RefusedException notRegular(Path path, String found, String allowed) {
        return new RefusedException("NOT_REGULAR", path.toString(), found, allowed);
    }
}
