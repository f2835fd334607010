package dev.millrace.it.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** For what other processes will do in a while. */
final class Waiting {
    private static final long LIMIT_SECONDS = 120;

    private Waiting() {}

    static <T> T until(Callable<Optional<T>> look) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (System.nanoTime() - deadline < 0) {
            var found = look.call();
            if (found.isPresent()) {
                return found.get();
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new AssertionError("not within " + LIMIT_SECONDS + " s");
    }

    /** The rest of the line that begins so. */
    static Optional<String> line(Path file, String start) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith(start))
                .map(line -> line.substring(start.length()).strip())
                .findFirst();
    }
}
