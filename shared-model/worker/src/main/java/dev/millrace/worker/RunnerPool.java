package dev.millrace.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The child JVMs of this process, one for every slot, shared by all its stages. A child that died, was killed or has done its
 * share of tasks is replaced. With {@code warm}, children are started before somebody needs them, and one that has done its
 * share goes on until its successor is ready.
 */
final class RunnerPool implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(RunnerPool.class);
    private static final Duration WATCH = Duration.ofMillis(250);

    private final ChildCommand command;
    private final String code;
    private final ChildLimits limits;
    private final int slots;
    private final boolean warm;
    private final Semaphore free;
    private final Deque<Future<ChildProcess>> idle = new ConcurrentLinkedDeque<>();
    private final Set<ChildProcess> children = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService background = Executors.newScheduledThreadPool(2, RunnerPool::daemon);
    private volatile boolean closed;
    private volatile boolean startable = true;

    RunnerPool(ChildCommand command, String code, ChildLimits limits, int slots, boolean warm) {
        this.command = command;
        this.code = code;
        this.limits = limits;
        this.slots = slots;
        this.warm = warm;
        this.free = new Semaphore(slots, true);
        var unused = background.scheduleWithFixedDelay(
                () -> children.forEach(ChildProcess::enforceLimits),
                WATCH.toMillis(),
                WATCH.toMillis(),
                TimeUnit.MILLISECONDS);
        for (int i = 0; warm && i < slots; i++) {
            idle.add(background.submit(this::start));
        }
    }

    /** A child for one task; waits for a free slot. Give it back with {@link #giveBack}. */
    ChildProcess take() throws InterruptedException, ChildDiedException, IOException {
        free.acquire();
        boolean taken = false;
        try {
            var ready = nextIdle();
            var child = ready.isPresent() ? ready.get() : start();
            taken = true;
            return child;
        } finally {
            if (!taken) {
                free.release();
            }
        }
    }

    private Optional<ChildProcess> nextIdle() throws InterruptedException {
        for (var next = idle.poll(); next != null; next = idle.poll()) {
            try {
                var child = next.get();
                boolean replaceable = !warm || idle.stream().anyMatch(Future::isDone);
                if (child.reusable() && !(child.worn() && replaceable)) {
                    return Optional.of(child);
                }
                discard(child);
            } catch (ExecutionException e) {
                LOG.warnf("a child JVM did not start: %s", e.getCause());
            }
        }
        return Optional.empty();
    }

    void giveBack(ChildProcess child) {
        boolean stays = child.reusable() && !closed;
        if (stays) {
            idle.push(CompletableFuture.completedFuture(child));
        } else {
            discard(child);
        }
        if (warm && !closed && (child.justWorn() || !(stays || child.worn()))) {
            idle.add(background.submit(this::start));
        }
        free.release();
    }

    /** Waits for a free slot without taking it: whoever asks Kafka for a task first asks here. */
    boolean awaitFree(Duration limit) throws InterruptedException {
        boolean found = free.tryAcquire(limit.toMillis(), TimeUnit.MILLISECONDS);
        if (found) {
            free.release();
        }
        return found;
    }

    int slots() {
        return slots;
    }

    int busy() {
        return slots - free.availablePermits();
    }

    /** Whether the child that was started last came up. */
    boolean startable() {
        return startable;
    }

    private ChildProcess start() throws ChildDiedException, IOException {
        long from = System.nanoTime();
        boolean up = false;
        try {
            var child = ChildProcess.start(command, code, limits, children::add);
            up = true;
            LOG.infof("child JVM %d ready after %d ms", child.pid(), (System.nanoTime() - from) / 1_000_000);
            if (closed) {
                discard(child);
            }
            return child;
        } finally {
            startable = up;
            children.removeIf(child -> !child.alive());
        }
    }

    private void discard(ChildProcess child) {
        child.close();
        children.remove(child);
    }

    /** Ends every child, busy or not. */
    @Override
    public void close() {
        closed = true;
        background.shutdownNow();
        children.forEach(ChildProcess::close);
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "child-keeper");
        thread.setDaemon(true);
        return thread;
    }
}
