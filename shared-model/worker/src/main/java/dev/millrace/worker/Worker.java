package dev.millrace.worker;

import dev.millrace.artifact.ArtifactStore;
import dev.millrace.message.StageRegistered;
import dev.millrace.message.TopicDefinition;
import dev.millrace.stage.Techniques;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/**
 * All stages of this process at work, until {@link #close}. Starting returns at once; Kafka may come later.
 *
 * <p>Closing hands running tasks back and ends the child JVMs.
 */
public final class Worker implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Worker.class);
    private static final Duration GOODBYE = Duration.ofSeconds(5);
    private static final int ANSWER_SECONDS = 2;

    private final KafkaClients clients;
    private final WorkerSettings settings;
    private final Techniques techniques;
    private final WorkerMetrics metrics;
    private final ChildClassPath classPath;
    private final WorkDirectory workDirectory;
    private final RunnerPool pool;
    private final Outbox outbox;
    private final Admin admin;
    private final Cancellations cancellations;
    private final ResultCleaning cleaning;
    private final List<TaskLoop> loops = new ArrayList<>();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();

    /** Threads that have nothing to finish. */
    private final List<Thread> sleepers = new CopyOnWriteArrayList<>();

    private final ExecutorService attempts = Executors.newCachedThreadPool(Worker::daemon);
    private volatile boolean closing;

    private Worker(WorkerSettings settings, Techniques techniques, ArtifactStore store, MeterRegistry meters)
            throws IOException {
        this.clients = new KafkaClients(settings.kafka());
        this.settings = settings;
        this.techniques = techniques;
        this.metrics = new WorkerMetrics(meters);
        this.classPath = ChildClassPath.ofThisProcess();
        this.workDirectory = WorkDirectory.open(settings.dataDirectory().resolve("work"));
        this.pool = new RunnerPool(
                ChildCommand.of(classPath, settings.child(), settings.javaOptions(), settings.engines()),
                classPath.code(),
                settings.child(),
                settings.concurrency(),
                settings.warm());
        this.outbox = new Outbox(clients.producer(), settings.name(), Clock.systemUTC());
        this.admin = clients.admin();
        this.cancellations = new Cancellations(clients);
        var index = new ResultIndex(store);
        this.cleaning = new ResultCleaning(
                store, index, () -> KeptModels.read(clients), settings.resultBytes(), Clock.systemUTC(), metrics);
        var runner = new TaskRunner(
                techniques,
                store,
                new ResultCache(store, index),
                pool,
                outbox::progress,
                workDirectory,
                settings.cache(),
                settings.child().threads(),
                settings.machine(),
                classPath.versions(),
                classPath.code(),
                settings.name(),
                metrics);
        for (var stage : techniques.stages()) {
            for (int slot = 0; slot < settings.concurrency(); slot++) {
                loops.add(new TaskLoop(
                        stage, () -> queue(stage), runner, outbox, cancellations, attempts, settings.attempts()));
            }
        }
    }

    /** Starts to work on the tasks of these stages. The child JVMs find them on the class path of this process. */
    public static Worker start(
            WorkerSettings settings, Techniques techniques, ArtifactStore store, MeterRegistry meters)
            throws IOException {
        var worker = new Worker(settings, techniques, store, meters);
        worker.metrics.busy(worker.pool::busy);
        worker.thread("worker-start", worker::prepareAndRun);
        return worker;
    }

    /** Whether every thread that should run does. */
    boolean alive() {
        return threads.stream().allMatch(Thread::isAlive);
    }

    boolean childrenStart() {
        return pool.startable();
    }

    int busy() {
        return pool.busy();
    }

    int slots() {
        return pool.slots();
    }

    /** Whether Kafka answers within {@value #ANSWER_SECONDS} s. */
    boolean reachesKafka() {
        try {
            admin.describeCluster().clusterId().get(ANSWER_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            LOG.debugf("Kafka does not answer: %s", e.toString());
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Waits for Kafka, then sets topics and groups up, tells who is here and takes tasks; stays to measure the queues. */
    private void prepareAndRun() {
        while (!closing) {
            try {
                var topics = TopicDefinition.all(techniques.stages());
                TopicSetup.createTopics(admin, topics, settings.partitions());
                TopicSetup.configureGroups(admin, techniques.stages(), settings.lock());
                outbox.announce(techniques.stages().stream()
                        .map(stage -> new StageRegistered(stage, classPath.code(), techniques.describe(stage)))
                        .toList());
                break;
            } catch (ExecutionException | KafkaException e) {
                LOG.warnf("Kafka is not ready, trying again: %s", e.getMessage());
                Pause.briefly();
            } catch (InterruptedException e) {
                return;
            }
        }
        thread("worker-control", cancellations::listen);
        thread("worker-results", this::clean);
        loops.forEach(loop -> thread("worker-tasks-" + loop.stage(), loop));
        LOG.infof("worker %s takes tasks of %s, %d at a time", settings.name(), techniques.stages(), pool.slots());
        sleepers.add(Thread.currentThread());
        new QueueDepth(admin, techniques.stages(), metrics).measureWhile(() -> !closing);
    }

    private void clean() {
        sleepers.add(Thread.currentThread());
        cleaning.cleanWhile(() -> !closing);
    }

    private TaskQueue queue(String stage) {
        return TaskQueue.open(clients.connection(), TopicSetup.topic(stage), TopicSetup.group(stage), settings.lock());
    }

    private synchronized void thread(String name, Runnable work) {
        if (!closing) {
            var thread = daemon(work);
            thread.setName(name);
            threads.add(thread);
            thread.start();
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            closing = true;
        }
        cancellations.stop();
        loops.forEach(TaskLoop::stop);
        sleepers.forEach(Thread::interrupt);
        awaitThreads();
        pool.close();
        attempts.shutdownNow();
        outbox.close();
        admin.close(GOODBYE);
        workDirectory.close();
    }

    private void awaitThreads() {
        long deadline = System.nanoTime() + GOODBYE.toNanos();
        try {
            for (var thread : threads) {
                thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.forEach(Thread::interrupt);
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "worker-attempt");
        thread.setDaemon(true);
        return thread;
    }
}
