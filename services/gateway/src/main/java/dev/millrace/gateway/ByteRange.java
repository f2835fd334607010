package dev.millrace.gateway;

import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One range of the bytes of a file, as the {@code Range} header of RFC 9110 asks for it. */
record ByteRange(long offset, long count) {
    private static final Pattern SINGLE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

    /**
     * The range that is asked for, cut to the file.
     *
     * @return a range of no bytes if none of them is in the file; empty if no single range is asked for, so that the whole
     *     file is the answer
     */
    static Optional<ByteRange> of(@Nullable String header, long sizeBytes) {
        var asked = SINGLE.matcher(header == null ? "" : header.replace(" ", ""));
        if (!asked.matches() || (asked.group(1).isEmpty() && asked.group(2).isEmpty())) {
            return Optional.empty();
        }
        if (asked.group(1).isEmpty()) {
            long count = Math.min(sizeBytes, Long.parseLong(asked.group(2)));
            return Optional.of(new ByteRange(sizeBytes - count, count));
        }
        long first = Long.parseLong(asked.group(1));
        long last = asked.group(2).isEmpty() ? sizeBytes - 1 : Math.min(sizeBytes - 1, Long.parseLong(asked.group(2)));
        if (!asked.group(2).isEmpty() && Long.parseLong(asked.group(2)) < first) {
            return Optional.empty();
        }
        return Optional.of(new ByteRange(first, Math.max(0, last - first + 1)));
    }

    /** {@code bytes 0-9/100}. */
    String contentRange(long sizeBytes) {
        return "bytes " + offset + "-" + (offset + count - 1) + "/" + sizeBytes;
    }
}
