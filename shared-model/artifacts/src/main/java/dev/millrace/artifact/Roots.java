package dev.millrace.artifact;

import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** The places that {@code file:} addresses may point into. */
final class Roots {
    /** Escapes that only serve to smuggle: {@code . / \} and control characters. */
    private static final Pattern SMUGGLED = Pattern.compile("%(2[eEfF]|5[cC]|[01][0-9a-fA-F]|7[fF])");

    private static final Pattern DOTS = Pattern.compile("(^|/)\\.{1,2}(/|$)");

    private final List<Path> roots;

    /** The innermost root decides, so it may be a link that an outer root would not follow. */
    Roots(List<Path> roots) {
        this.roots = roots.stream()
                .map(root -> root.toAbsolutePath().normalize())
                .sorted(Comparator.comparing(Path::getNameCount).reversed())
                .toList();
    }

    /**
     * The file or directory at an address: no link below its root, and not itself a special file.
     *
     * @throws RefusedException with the codes of {@link ArtifactStore}
     */
    Path locate(String uri) throws IOException {
        var path = path(uri);
        for (var root : roots) {
            if (!Files.exists(root)) {
                continue;
            }
            var real = root.toRealPath();
            if (path.startsWith(root)) {
                return descend(real, root.relativize(path));
            }
            if (path.startsWith(real)) {
                return descend(real, real.relativize(path));
            }
        }
        throw new RefusedException("OUTSIDE_ROOTS", uri, "a file outside every root", "below one of " + roots);
    }

    private static Path descend(Path root, Path relative) throws IOException {
        return relative.toString().isEmpty() ? root : Tree.descend(root, relative);
    }

    private static Path path(String address) {
        try {
            var uri = new URI(address);
            if (!"file".equals(uri.getScheme())) {
                throw bad(address, "file:/absolute/path or millrace:sha256/<hex>");
            }
            if (uri.getRawPath() == null || !uri.getRawPath().startsWith("/")) {
                throw bad(address, "an absolute path");
            }
            if (uri.getRawAuthority() != null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
                throw bad(address, "no host, query or fragment");
            }
            if (SMUGGLED.matcher(uri.getRawPath()).find() || uri.getPath().indexOf('\uFFFD') >= 0) {
                throw bad(address, "no escaped dots, slashes or control characters; UTF-8");
            }
            if (DOTS.matcher(uri.getPath()).find() || uri.getPath().contains("//")) {
                throw bad(address, "a path without . and .. and empty names");
            }
            return Path.of(uri.getPath());
        } catch (URISyntaxException | InvalidPathException e) {
            throw bad(address, "a URI; spaces and other such characters percent-encoded");
        }
    }

    private static RefusedException bad(String address, String allowed) {
        return new RefusedException("BAD_URI", "artifact address", address, allowed);
    }
}
