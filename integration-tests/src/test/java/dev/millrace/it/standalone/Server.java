package dev.millrace.it.standalone;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A running {@code millrace serve}. */
final class Server {
    private static final Pattern SERVES = Pattern.compile("millrace serves (\\S+), Kafka (\\S+)");
    private static final long STOP_SECONDS = 30;

    private final Process process;
    private final URI address;
    private final String bootstrapServers;

    private Server(Process process, URI address, String bootstrapServers) {
        this.process = process;
        this.address = address;
        this.bootstrapServers = bootstrapServers;
    }

    /** Starts a server on free ports and returns when it says that it serves. */
    static Server start(Cli cli, Path log, String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("serve", "--port", "0", "--kafka-port", "0"));
        arguments.addAll(List.of(options));
        Process process = cli.command(arguments.toArray(String[]::new))
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            var serves = SERVES.matcher(line);
            if (serves.matches()) {
                return new Server(process, URI.create(serves.group(1)), serves.group(2));
            }
        }
        process.destroyForcibly();
        throw new IOException("The server did not start; see " + log);
    }

    URI address() {
        return address;
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** As by {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** As by SIGTERM. */
    void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("The server did not stop in " + STOP_SECONDS + " s after SIGTERM");
        }
    }
}
