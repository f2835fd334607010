package dev.millrace.it.worker;

import dev.millrace.artifact.FileArtifactStore;
import dev.millrace.stage.Machine;
import dev.millrace.stage.SharedCache;
import dev.millrace.stage.Techniques;
import dev.millrace.worker.ChildLimits;
import dev.millrace.worker.ProbeEvaluation;
import dev.millrace.worker.ProbeStage;
import dev.millrace.worker.Worker;
import dev.millrace.worker.WorkerSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A worker of the probe stage in a process of its own, to be killed and paused. */
public final class WorkerProcess implements AutoCloseable {
    private final Process process;

    private WorkerProcess(Process process) {
        this.process = process;
    }

    public static WorkerProcess start(String name, String bootstrapServers, Path directory) throws IOException {
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Dorg.jboss.logging.provider=jdk",
                        "-Djava.util.logging.SimpleFormatter.format=%1$tT.%1$tL %4$s %5$s%6$s%n",
                        "-cp",
                        System.getProperty("java.class.path"),
                        WorkerProcess.class.getName(),
                        name,
                        bootstrapServers,
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(name + ".log").toFile())
                .start();
        return new WorkerProcess(process);
    }

    /** The process itself: name, bootstrap servers, directory shared by all workers. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        var directory = Path.of(arguments[2]);
        var child = new ChildLimits(
                64 << 20, 0, 1024, 1, Duration.ofMinutes(2), Duration.ofMinutes(1), Duration.ofMinutes(1), 100);
        var settings = new WorkerSettings(
                arguments[0],
                Machine.here(),
                Map.of("bootstrap.servers", arguments[1]),
                directory.resolve("data"),
                directory.resolve("engines"),
                new SharedCache(directory.resolve("cache"), 1 << 20),
                0,
                1,
                true,
                child,
                List.of(),
                Duration.ofSeconds(15),
                3,
                1);
        var store = FileArtifactStore.open(directory.resolve("artifacts"), List.of());
        Worker.start(
                settings,
                new Techniques(List.of(new ProbeStage(), new ProbeEvaluation())),
                store,
                new SimpleMeterRegistry());
        Thread.currentThread().join();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** SIGKILL, as a machine that loses power; its child notices by itself. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** SIGKILL for the children only. Returns how many there were. */
    public int killChildren() {
        return (int) process.children().filter(ProcessHandle::destroyForcibly).count();
    }

    public void pause() throws IOException, InterruptedException {
        signal("STOP");
    }

    public void resume() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        kill();
    }
}
