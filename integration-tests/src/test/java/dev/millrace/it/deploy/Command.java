package dev.millrace.it.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** One finished run of a program of this machine. */
record Command(int status, String output) {
    /** Runs it in a directory; a program that is not installed has status 127. */
    static Command run(Path directory, String... command) throws InterruptedException {
        try {
            var process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .start();
            var output = new String(process.getInputStream().readAllBytes(), UTF_8);
            boolean ended = process.waitFor(30, TimeUnit.SECONDS);
            return new Command(ended ? process.exitValue() : 124, output);
        } catch (IOException e) {
            return new Command(127, String.valueOf(e.getMessage()));
        }
    }

    boolean succeeded() {
        return status == 0;
    }
}
