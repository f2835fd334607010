package dev.millrace.stage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Memory of this process as Linux counts it. */
final class ResidentSize {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String PEAK = "VmHWM:";

    private ResidentSize() {}

    /** Largest resident size so far; null where the system does not tell. */
    static @Nullable Long peakBytes() throws IOException {
        if (!Files.isReadable(STATUS)) {
            return null;
        }
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith(PEAK))
                .findFirst()
                .map(line -> 1024 * Long.parseLong(line.substring(PEAK.length()).replaceAll("\\D", "")))
                .orElse(null);
    }
}
