package dev.millrace.it.standalone;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The {@code millrace} command as users run it: the built application in a process of its own. */
final class Cli {
    private static final Path APPLICATION = Path.of(
                    "..", "services", "standalone", "target", "quarkus-app", "quarkus-run.jar")
            .toAbsolutePath()
            .normalize();
    private static final long LIMIT_SECONDS = 240;

    private final Path directory;

    /** @param directory working directory; the data directory is below it */
    Cli(Path directory) {
        this.directory = directory;
    }

    /** How a command ended. */
    record Result(int status, String out, String err, long millis) {}

    /** Runs a command to its end. */
    Result run(String... arguments) throws IOException, InterruptedException {
        Path out = Files.createTempFile(directory, "out", "");
        Path err = Files.createTempFile(directory, "err", "");
        long started = System.nanoTime();
        Process process = command(arguments)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("millrace " + String.join(" ", arguments) + " did not end in " + LIMIT_SECONDS
                    + " s\n" + Files.readString(err));
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
        return new Result(
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8),
                millis);
    }

    /** A command that is not started yet, with the data directory of this object. */
    ProcessBuilder command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                APPLICATION.toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().put("MILLRACE_HOME", directory.resolve("home").toString());
        return builder;
    }
}
