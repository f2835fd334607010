package dev.millrace.standalone.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Where a command talks to its user.
 *
 * @param out results
 * @param err everything else
 * @param live whether {@code err} is a screen, where a line can be written over
 * @param directory that relative paths start from
 */
record Terminal(PrintWriter out, PrintWriter err, boolean live, Path directory) {
    /** The launcher says with the system property {@code millrace.terminal} whether standard error is a screen. */
    static Terminal ofProcess() {
        return new Terminal(
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                Boolean.getBoolean("millrace.terminal"),
                Path.of("").toAbsolutePath());
    }
}
