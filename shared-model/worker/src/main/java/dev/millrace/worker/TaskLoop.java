package dev.millrace.worker;

import dev.millrace.message.Problem;
import dev.millrace.message.TaskFailed;
import dev.millrace.message.TaskSucceeded;
import dev.millrace.message.UnreadableEventException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * One consumer thread: takes a task of its stage when a slot is free, keeps its lock while an attempt works on it, tells the
 * outcome, then acknowledges. It never works itself, so the lock is renewed whatever the attempt does.
 */
final class TaskLoop implements Runnable {
    private static final Logger LOG = Logger.getLogger(TaskLoop.class);
    private static final Duration WAIT = Duration.ofSeconds(1);

    private final String stage;
    private final Supplier<TaskQueue> queues;
    private final TaskRunner runner;
    private final Outbox outbox;
    private final Cancellations cancellations;
    private final ExecutorService attempts;
    private final int allowedAttempts;
    private volatile boolean stopping;
    private volatile @Nullable TaskQueue queue;
    private volatile @Nullable Attempt running;

    TaskLoop(
            String stage,
            Supplier<TaskQueue> queues,
            TaskRunner runner,
            Outbox outbox,
            Cancellations cancellations,
            ExecutorService attempts,
            int allowedAttempts) {
        this.stage = stage;
        this.queues = queues;
        this.runner = runner;
        this.outbox = outbox;
        this.cancellations = cancellations;
        this.attempts = attempts;
        this.allowedAttempts = allowedAttempts;
    }

    String stage() {
        return stage;
    }

    /** Ends the loop; a task that is being worked on is handed back. */
    void stop() {
        stopping = true;
        var waiting = queue;
        var attempt = running;
        if (attempt != null) {
            attempt.stop();
        } else if (waiting != null) {
            waiting.wakeUp();
        }
    }

    @Override
    public void run() {
        while (!stopping) {
            try (var opened = queues.get()) {
                queue = opened;
                take(opened);
            } catch (WakeupException e) {
                LOG.debugf("%s: told to stop", stage);
            } catch (KafkaException e) {
                LOG.warnf("%s: Kafka failed, starting again: %s", stage, e.getMessage());
                Pause.briefly();
            } catch (InterruptedException e) {
                stopping = true;
            } finally {
                queue = null;
            }
        }
    }

    /** Takes tasks until told to stop, or until a lock was lost: then the client starts afresh. */
    private void take(TaskQueue from) throws InterruptedException {
        boolean healthy = true;
        while (!stopping && healthy) {
            if (runner.pool().awaitFree(WAIT)) {
                var lease = from.take(WAIT);
                healthy = lease.isEmpty() || handle(lease.get());
            }
        }
    }

    /** Returns whether the lease ended as it should. */
    private boolean handle(TaskQueue.Lease lease) throws InterruptedException {
        try {
            var delivery = Delivery.of(lease.record(), stage, lease.deliveries());
            MDC.put("jobId", delivery.task().jobId());
            MDC.put("taskId", delivery.task().taskId());
            return handle(lease, delivery);
        } catch (UnreadableEventException e) {
            LOG.warnf(
                    "%s offset %d is no task: %s",
                    lease.record().topic(), lease.record().offset(), e.getMessage());
            outbox.deadLetter(lease.record(), e);
            return lease.accept();
        } finally {
            MDC.remove("jobId");
            MDC.remove("taskId");
        }
    }

    private boolean handle(TaskQueue.Lease lease, Delivery delivery) throws InterruptedException {
        var task = delivery.task();
        if (cancellations.contains(task.taskId())) {
            forgetCheckpoint(delivery);
            return lease.accept();
        }
        if (delivery.attempt() > allowedAttempts) {
            forgetCheckpoint(delivery);
            var problem = new Problem(
                    "WORKER_LOST",
                    task.taskId(),
                    "every attempt ended without an answer: its worker died or was paused",
                    "at most " + allowedAttempts + " attempts");
            return fail(lease, delivery, new Ending.Broken(problem, List.of(), false));
        }
        var attempt = runner.attempt(task, delivery.attempt());
        running = attempt;
        cancellations.watch(task.taskId(), attempt::stop);
        try {
            LOG.infof("%s:%s attempt %d", task.stage(), task.technique(), delivery.attempt());
            if (stopping) {
                attempt.stop();
            }
            long from = System.nanoTime();
            var ending = keepUntilEnd(lease, attempt);
            if (ending == null) {
                return false;
            }
            boolean ended = finish(lease, delivery, ending, Duration.ofNanos(System.nanoTime() - from));
            if (ended && isLast(delivery, ending)) {
                attempt.forgetCheckpoint();
            }
            return ended;
        } finally {
            cancellations.forget(task.taskId());
            running = null;
        }
    }

    /** Removes what attempts that are over have saved, where nobody will go on with the task. */
    private void forgetCheckpoint(Delivery delivery) {
        if (delivery.isRepeated()) {
            runner.attempt(delivery.task(), delivery.attempt()).forgetCheckpoint();
        }
    }

    /** Renews the lock until the attempt ends. Null when the lock was lost: then the attempt is stopped and tells nobody. */
    private @Nullable Ending keepUntilEnd(TaskQueue.Lease lease, Attempt attempt) throws InterruptedException {
        var ending = attempts.submit(attempt);
        while (true) {
            try {
                var known = ending.get(lease.renewal().toMillis(), TimeUnit.MILLISECONDS);
                return lease.held() ? known : lost(ending, attempt);
            } catch (TimeoutException e) {
                if (!lease.renew(this::handBack)) {
                    return lost(ending, attempt);
                }
            } catch (ExecutionException e) { // a bug of ours: it costs the attempt, not the worker
                LOG.error("the attempt failed", e.getCause());
                return new Ending.Broken(
                        new Problem("WORKER_ERROR", attempt.task().taskId(), String.valueOf(e.getCause()), ""),
                        List.of(),
                        true);
            }
        }
    }

    private static @Nullable Ending lost(Future<Ending> ending, Attempt attempt) {
        LOG.warn("the lock of the task is lost; another worker may have it now");
        attempt.stop();
        ending.cancel(false);
        return null;
    }

    /** Whether the task gets no further attempt. */
    private boolean isLast(Delivery delivery, Ending ending) {
        return cancellations.contains(delivery.task().taskId())
                || ending instanceof Ending.Decided
                || (ending instanceof Ending.Broken broken && !mayRetry(delivery, broken));
    }

    private boolean mayRetry(Delivery delivery, Ending.Broken broken) {
        return broken.retry() && delivery.attempt() < allowedAttempts;
    }

    private boolean finish(TaskQueue.Lease lease, Delivery delivery, Ending ending, Duration time)
            throws InterruptedException {
        var task = delivery.task();
        if (cancellations.contains(task.taskId())) {
            return lease.accept();
        }
        if (ending instanceof Ending.Decided decided) {
            if (decided.outcome() instanceof TaskSucceeded) {
                runner.metrics().took(task.stage(), task.technique(), time);
            }
            return tell(lease, delivery, decided.outcome());
        }
        if (ending instanceof Ending.Broken broken) {
            LOG.warnf(
                    "attempt %d failed: %s %s",
                    delivery.attempt(),
                    broken.problem().code(),
                    broken.problem().message());
            runner.metrics().failed(broken.problem().code());
            return mayRetry(delivery, broken) ? lease.release() : fail(lease, delivery, broken);
        }
        return handBack(lease, delivery);
    }

    private boolean fail(TaskQueue.Lease lease, Delivery delivery, Ending.Broken broken) throws InterruptedException {
        var task = delivery.task();
        int used = Math.min(delivery.attempt(), allowedAttempts);
        return tell(
                lease,
                delivery,
                new TaskFailed(
                        task.jobId(),
                        task.taskId(),
                        task.step(),
                        task.stage(),
                        broken.problem(),
                        used,
                        broken.logTail()));
    }

    private boolean tell(TaskQueue.Lease lease, Delivery delivery, Record outcome) throws InterruptedException {
        outbox.outcome(delivery.task(), outcome, delivery.event());
        LOG.infof("%s", outcome.getClass().getSimpleName());
        return lease.accept();
    }

    /** A task that came beside the one that is worked on: another worker shall have it, at once and with all attempts left. */
    private void handBack(ConsumerRecord<String, byte[]> record) throws InterruptedException {
        try {
            int deliveries = record.deliveryCount().map(Short::intValue).orElse(1);
            outbox.reissue(record, Delivery.of(record, stage, deliveries).withoutThisAttempt());
            LOG.infof("%s offset %d came unasked and is handed back", record.topic(), record.offset());
        } catch (UnreadableEventException e) {
            outbox.deadLetter(record, e);
        }
    }

    /** The attempt was stopped because this process ends: another worker shall go on, at once and with all attempts left. */
    private boolean handBack(TaskQueue.Lease lease, Delivery delivery) throws InterruptedException {
        LOG.info("handing the task back");
        outbox.reissue(delivery.record(), delivery.withoutThisAttempt());
        return lease.accept();
    }
}
