package dev.millrace.it.flow;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** A packaged service, started as the launcher would, on a free port of the loopback interface. */
public final class ServiceProcess implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("Listening on: http://[^:]+:(\\d+)");
    private static final Duration START_LIMIT = Duration.ofSeconds(90);

    private final Process process;
    private final Path log;

    private ServiceProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** @param name of the service's folder */
    public static ServiceProcess start(String name, Path directory, Map<String, String> settings) throws IOException {
        Path jar = Path.of("..", "services", name, "target", "quarkus-app", "quarkus-run.jar")
                .toAbsolutePath()
                .normalize();
        if (!Files.exists(jar)) {
            throw new IOException(jar + " is not there: package the services first");
        }
        var command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
        command.add("-Dquarkus.http.host=127.0.0.1");
        command.add("-Dquarkus.http.port=0");
        settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.add("-jar");
        command.add(jar.toString());
        Path log = Files.createTempFile(directory, name, ".log");
        var process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new ServiceProcess(process, log);
    }

    /** {@code http://127.0.0.1:<port>}, when it listens. */
    public String address() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            var port = LISTENING
                    .matcher(Files.readString(log))
                    .results()
                    .map(MatchResult::group)
                    .findFirst();
            if (port.isPresent()) {
                return "http://127.0.0.1:" + port.get().substring(port.get().lastIndexOf(':') + 1);
            }
            if (!process.isAlive()) {
                break;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        throw new IOException("Does not listen:\n" + Files.readString(log));
    }

    /** SIGKILL. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** The most memory that the process has had so far, as the kernel counts it. */
    public long peakMemoryBytes() throws IOException {
        return memoryBytes("VmHWM:");
    }

    /** What it has now. */
    public long memoryBytes() throws IOException {
        return memoryBytes("VmRSS:");
    }

    private long memoryBytes(String field) throws IOException {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            return lines.filter(line -> line.startsWith(field))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Waits until the service says that it is ready. */
    public void awaitReady() throws IOException, InterruptedException {
        var ready = HttpRequest.newBuilder(URI.create(address() + "/q/health/ready"))
                .build();
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        var http = HttpClient.newHttpClient();
        while (http.send(ready, HttpResponse.BodyHandlers.discarding()).statusCode() != 200) {
            if (System.nanoTime() > deadline) {
                throw new IOException("Not ready in " + START_LIMIT + ":\n" + log());
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    public String log() throws IOException {
        return Files.readString(log);
    }

    /** SIGTERM, and SIGKILL when that does not help. */
    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
