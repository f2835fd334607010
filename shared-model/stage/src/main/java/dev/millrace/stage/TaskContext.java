package dev.millrace.stage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The context of one task in the child JVM: the request, and a line to the worker. Not thread-safe. */
final class TaskContext implements StageContext, Checkpoints {
    private static final long PROGRESS_NANOS = Duration.ofMillis(250).toNanos();

    /** Waits for what the worker says next. */
    interface Inbox {
        ToChild next() throws IOException;
    }

    private final ToChild.RunTask task;
    private final Channel<ToChild, FromChild> worker;
    private final Inbox inbox;
    private @Nullable Path checkpoint;
    private long toldAt = System.nanoTime() - PROGRESS_NANOS;

    TaskContext(ToChild.RunTask task, Channel<ToChild, FromChild> worker, Inbox inbox) {
        this.task = task;
        this.worker = worker;
        this.inbox = inbox;
        this.checkpoint = task.checkpoint();
    }

    @Override
    public Path model() {
        return task.model();
    }

    @Override
    public Optional<Path> baseline() {
        return Optional.ofNullable(task.baseline());
    }

    @Override
    public Optional<LocalData> data(String role) {
        return Optional.ofNullable(task.data().get(role));
    }

    @Override
    public Optional<String> metric() {
        return Optional.ofNullable(task.metric());
    }

    @Override
    public Optional<String> target() {
        return Optional.ofNullable(task.target());
    }

    @Override
    public long seed() {
        return task.seed();
    }

    @Override
    public int threads() {
        return task.threads();
    }

    @Override
    public Path workDirectory() {
        return task.workDirectory();
    }

    @Override
    public Checkpoints checkpoints() {
        return this;
    }

    @Override
    public Optional<SharedCache> cache() {
        return Optional.ofNullable(task.cache());
    }

    @Override
    public void progress(double fraction, String activity, Map<String, Double> metrics) {
        long now = System.nanoTime();
        if (now - toldAt < PROGRESS_NANOS) {
            return;
        }
        toldAt = now;
        try {
            worker.write(new FromChild.Progressed(Math.min(1, Math.max(0, fraction)), activity, metrics));
        } catch (IOException e) {
            throw new UncheckedIOException("the worker is gone", e);
        }
    }

    @Override
    public Optional<Path> latest() {
        return Optional.ofNullable(checkpoint);
    }

    @Override
    public void save(Path file) throws IOException {
        worker.write(new FromChild.CheckpointOffered(file.toAbsolutePath()));
        if (!(inbox.next() instanceof ToChild.CheckpointStored stored)) {
            throw new IOException("the worker did not answer the checkpoint");
        }
        checkpoint = stored.path();
    }
}
