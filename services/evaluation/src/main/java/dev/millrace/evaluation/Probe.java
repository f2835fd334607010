package dev.millrace.evaluation;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.message.Json;
import dev.millrace.message.Measurements;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Measures in a fresh process of its own, on the class path of this one.
 *
 * <p>The process ends when this one does: it watches its standard input.
 */
public final class Probe {
    /**
     * One load in a fresh process.
     *
     * @param millis opening the model, the engine's library already loaded
     * @param peakMemoryBytes most resident memory of the process, which opened the model and ran it once, the Java machine
     *     included; absent where the system does not tell
     */
    record Load(double millis, @Nullable Long peakMemoryBytes) {}

    /** Latencies of two models, taken in turns. */
    record Latencies(Measurements.Latency baseline, Measurements.Latency result) {}

    private static final long TIMEOUT_MINUTES = 30;
    private static final List<String> JVM = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto");
    private static final Path STATUS = Path.of("/proc/self/status");

    /** Options of this process that its probes share: where classes lie ready, which makes them start sooner. */
    private static final List<String> CLASS_ARCHIVE = List.of("-XX:SharedArchiveFile=", "-Xlog:cds");

    private Probe() {}

    static Load load(Path model, Path feeds, int threads) throws IOException {
        return run(Load.class, feeds, "load", model.toString(), feeds.toString(), Integer.toString(threads));
    }

    static Latencies latency(Path baseline, Path result, Path feeds, Comparison.Settings settings) throws IOException {
        return run(
                Latencies.class,
                feeds,
                "latency",
                baseline.toString(),
                feeds.toString(),
                Integer.toString(settings.threads()),
                result.toString(),
                Double.toString(settings.seconds()));
    }

    private static <T> T run(Class<T> type, Path feeds, String... arguments) throws IOException {
        var answer = feeds.resolveSibling("probe.json");
        var log = feeds.resolveSibling("probe.log");
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM);
        command.addAll(classArchive());
        command.addAll(List.of(Probe.class.getName(), answer.toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        // The worker tunes the allocator for training; what a user sees is the system's own.
        builder.environment().keySet().removeIf(name -> name.startsWith("MALLOC_"));
        // Not as a word of the command: ONNX Runtime 1.29 matches a regular expression on it, and a long one
        // overflows its stack.
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        var process = builder.start();
        try {
            boolean ended = process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES);
            if (!ended || process.exitValue() != 0) {
                throw new IOException("measuring %s of %s ended with %s: %s"
                        .formatted(
                                arguments[0],
                                arguments[1],
                                ended ? "status " + process.exitValue() : "a timeout",
                                Files.readString(log)));
            }
            return Json.mapper().readValue(answer.toFile(), type);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while measuring", e);
        } finally {
            process.destroyForcibly();
            Files.deleteIfExists(answer);
            Files.deleteIfExists(log);
        }
    }

    private static List<String> classArchive() {
        var own = ProcessHandle.current().info().arguments().orElse(new String[0]);
        return Arrays.stream(own)
                .filter(option -> CLASS_ARCHIVE.stream().anyMatch(option::startsWith))
                .toList();
    }

    /** {@code ANSWER load MODEL FEEDS THREADS} or {@code ANSWER latency MODEL FEEDS THREADS RESULT SECONDS}. */
    public static void main(String... arguments) throws IOException {
        endWithParent();
        var model = Path.of(arguments[2]);
        var feeds = Feeds.read(Path.of(arguments[3]));
        int threads = Integer.parseInt(arguments[4]);
        Object answer;
        if (arguments[1].equals("load")) {
            OrtSession.prepare();
            long start = System.nanoTime();
            try (var session = OrtSession.open(model, SessionSettings.threads(threads))) {
                double millis = (System.nanoTime() - start) / 1e6;
                session.run(Quality.converted(feeds.get(0), session.inputs())).close();
                answer = new Load(millis, peakMemoryBytes());
            }
        } else {
            answer =
                    LatencyRuns.measure(model, Path.of(arguments[5]), feeds, threads, Double.parseDouble(arguments[6]));
        }
        Json.mapper().writeValue(new File(arguments[0]), answer);
        // Nothing is left to do, and taking the native library down can crash.
        Runtime.getRuntime().halt(0);
    }

    private static void endWithParent() {
        var watch = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // The parent says nothing; the end of the stream is its end.
                        }
                    } catch (IOException e) {
                        Runtime.getRuntime().halt(1);
                    }
                    Runtime.getRuntime().halt(1);
                },
                "parent-watch");
        watch.setDaemon(true);
        watch.start();
    }

    private static @Nullable Long peakMemoryBytes() throws IOException {
        if (!Files.isReadable(STATUS)) {
            return null;
        }
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .findFirst()
                .map(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                .orElse(null);
    }
}
