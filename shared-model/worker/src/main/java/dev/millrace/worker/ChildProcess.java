package dev.millrace.worker;

import dev.millrace.message.Problem;
import dev.millrace.stage.Channel;
import dev.millrace.stage.FromChild;
import dev.millrace.stage.ToChild;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One child JVM. It runs one task at a time; killing it is allowed from any thread at any time. */
final class ChildProcess implements AutoCloseable {
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);
    private static final Map<Integer, String> SIGNALS = Map.of(
            134, "aborted (SIGABRT)",
            136, "arithmetic error (SIGFPE)",
            137, "killed (SIGKILL)",
            139, "segmentation fault (SIGSEGV)",
            143, "terminated (SIGTERM)");

    /** Hears what a running task tells. */
    interface Listener {
        void progressed(FromChild.Progressed progress);

        /** Stores the checkpoint and returns where it can be read. */
        Path checkpoint(Path file) throws IOException;
    }

    private final Process process;
    private final ChildLimits limits;
    private final Channel<FromChild, ToChild> channel;
    private final LogTail log;
    private int tasks;
    private volatile long startedAt;
    private volatile long heardAt;
    private volatile boolean working;
    private volatile @Nullable Problem endedFor;

    private ChildProcess(Process process, ChildLimits limits) {
        this.process = process;
        this.limits = limits;
        this.channel = new Channel<>(process.getInputStream(), process.getOutputStream(), FromChild.class);
        this.log = LogTail.of(process);
        working(true);
    }

    /** Starts a child and waits until it is ready. {@code started} hears of it before, so that it can be killed. */
    static ChildProcess start(ChildCommand command, String code, ChildLimits limits, Consumer<ChildProcess> started)
            throws ChildDiedException, IOException {
        var child = new ChildProcess(command.start(), limits);
        started.accept(child);
        if (!(child.read() instanceof FromChild.Ready ready) || !ready.code().equals(code)) {
            child.kill();
            throw new IOException("the child JVM did not introduce itself as " + code);
        }
        child.working(false);
        return child;
    }

    /**
     * Runs a task to its answer.
     *
     * @throws ChildDiedException if the child ended first
     * @throws IOException if a checkpoint cannot be stored; the child is ended then
     */
    FromChild.Answer run(ToChild.RunTask task, Listener listener) throws ChildDiedException, IOException {
        working(true);
        tasks++;
        say(task);
        while (true) {
            var message = read();
            if (message instanceof FromChild.Answer answer) {
                if (answer instanceof FromChild.Failed failed && failed.last()) {
                    kill();
                }
                working(false);
                return answer;
            } else if (message instanceof FromChild.Progressed progress) {
                listener.progressed(progress);
            } else if (message instanceof FromChild.CheckpointOffered offer) {
                say(new ToChild.CheckpointStored(stored(offer, listener)));
            }
        }
    }

    private Path stored(FromChild.CheckpointOffered offer, Listener listener) throws IOException {
        try {
            return listener.checkpoint(offer.file());
        } catch (IOException e) {
            kill();
            throw e;
        }
    }

    /** Whether another task may be given to this child. */
    boolean reusable() {
        return process.isAlive() && endedFor == null && !working;
    }

    /** Whether this child has done its share of tasks. */
    boolean worn() {
        return tasks >= limits.tasks();
    }

    /** Whether the last task was the one that completed the share. */
    boolean justWorn() {
        return tasks == limits.tasks();
    }

    /** Ends the child if it has worked or been silent for too long. */
    void enforceLimits() {
        if (!working) {
            return;
        }
        long now = System.nanoTime();
        boolean starting = tasks == 0;
        var time = starting ? limits.start() : limits.time();
        if (now - startedAt > time.toNanos()) {
            end(new Problem("TIME_LIMIT", "child JVM", "still working after " + time, "at most " + time));
        } else if (!starting && now - heardAt > limits.silence().toNanos()) {
            end(new Problem(
                    "SILENT", "child JVM", "no progress for " + limits.silence(), "a sign of life within that time"));
        }
    }

    boolean alive() {
        return process.isAlive();
    }

    void kill() {
        end(new Problem("STOPPED", "child JVM", "ended by the worker", ""));
    }

    private void end(Problem reason) {
        if (endedFor == null) {
            endedFor = reason;
        }
        process.destroyForcibly();
    }

    long pid() {
        return process.pid();
    }

    List<String> logTail() {
        return log.lines();
    }

    private void say(ToChild message) throws ChildDiedException {
        try {
            channel.write(message);
        } catch (IOException e) { // a broken pipe: the process says why
            throw died();
        }
    }

    private FromChild read() throws ChildDiedException {
        try {
            var message = channel.read();
            heardAt = System.nanoTime();
            if (message != null) {
                return message;
            }
        } catch (IOException e) { // garbage, or a stream that was closed by kill()
            log.add(e.toString());
        }
        throw died();
    }

    private ChildDiedException died() {
        try {
            if (!process.waitFor(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        log.awaitEnd(LAST_WORDS);
        var reason = endedFor;
        return new ChildDiedException(reason == null ? crashed() : reason, log.lines());
    }

    private Problem crashed() {
        int status = process.isAlive() ? -1 : process.exitValue();
        var found = "ended with status " + status + ", " + SIGNALS.getOrDefault(status, "by itself");
        return new Problem("CHILD_DIED", "child JVM", found, "an answer before the end");
    }

    private void working(boolean now) {
        startedAt = System.nanoTime();
        heardAt = startedAt;
        working = now;
    }

    @Override
    public void close() {
        kill();
    }
}
