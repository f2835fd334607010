package dev.millrace.artifact;

import dev.millrace.message.RefusedException;
import java.util.Optional;
import java.util.regex.Pattern;

/** Addresses of what is in the store: {@code millrace:sha256/<64 lower-case hex digits>}. */
final class StoredUri {
    private static final String SCHEME = "millrace:";
    private static final String PREFIX = SCHEME + "sha256/";
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    private StoredUri() {}

    static String of(String hex) {
        return PREFIX + hex;
    }

    /**
     * The digest in the address; empty if it is of another scheme.
     *
     * @throws RefusedException if it is of this scheme, but anything else than a digest
     */
    static Optional<String> hex(String uri) {
        if (!uri.startsWith(SCHEME)) {
            return Optional.empty();
        }
        if (uri.startsWith(PREFIX)
                && HEX.matcher(uri.substring(PREFIX.length())).matches()) {
            return Optional.of(uri.substring(PREFIX.length()));
        }
        throw new RefusedException("BAD_URI", "artifact address", uri, PREFIX + "<64 lower-case hex digits>");
    }
}
