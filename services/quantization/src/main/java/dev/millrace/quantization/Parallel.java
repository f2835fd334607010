package dev.millrace.quantization;

import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Runs tasks on so many threads, the caller's among them, and never holds more tasks than threads.
 *
 * <p>Two samples side by side on a thread each are done in two thirds of the time of one after the other on two threads:
 * ONNX Runtime splits single operators, and most are too small for that.
 */
final class Parallel implements AutoCloseable {
    private final ThreadPoolExecutor others;
    private final AtomicReference<RuntimeException> failure = new AtomicReference<>();
    private final boolean alone;

    Parallel(int threads) {
        alone = threads == 1;
        int helpers = Math.max(1, threads - 1);
        others = new ThreadPoolExecutor(
                helpers,
                helpers,
                0,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                new ThreadPoolExecutor.CallerRunsPolicy());
    }

    /**
     * Runs a task, here or on another thread.
     *
     * @throws RuntimeException what an earlier task threw
     */
    void run(Runnable task) {
        rethrow();
        if (alone) {
            task.run();
        } else {
            others.execute(() -> guarded(task));
        }
    }

    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    /**
     * Waits until every task is done; no more can be run.
     *
     * @throws RuntimeException the first that a task threw
     */
    void await() {
        close();
        rethrow();
    }

    private void rethrow() {
        var first = failure.get();
        if (first != null) {
            throw first;
        }
    }

    /** Waits for what runs, so that nobody closes a session under it. */
    @Override
    public void close() {
        others.shutdown();
        try {
            if (!others.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS)) {
                throw new IllegalStateException("tasks run forever");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while samples run", e);
        }
    }
}
