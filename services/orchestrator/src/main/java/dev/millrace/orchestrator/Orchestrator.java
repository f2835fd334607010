package dev.millrace.orchestrator;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs the topology from the start of the application to its end.
 *
 * <p>Kafka may come later than this process: the start happens on a thread of its own and tries again until the cluster
 * answers. A stream thread that dies is replaced, and all of Kafka Streams when it gives up; what had not been committed is
 * done again.
 */
@ApplicationScoped
class Orchestrator {
    private static final Logger LOG = Logger.getLogger(Orchestrator.class);
    private static final long RETRY_MILLIS = 500;
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

    private final Instance<Map<String, Object>> kafka;
    private final Path stateDirectory;
    private final Set<String> stages;
    private final int partitions;
    private final Duration retention;
    private final JobMetrics metrics;
    private final Thread runner = new Thread(this::runUntilStopped, "orchestrator");
    private volatile @Nullable KafkaStreams streams;
    private volatile boolean stopping;

    Orchestrator(
            @Identifier("default-kafka-broker") Instance<Map<String, Object>> kafka,
            @ConfigProperty(name = "millrace.data-dir", defaultValue = "data") Path dataDirectory,
            @ConfigProperty(name = "millrace.orchestrator.stages") Set<String> stages,
            @ConfigProperty(name = "millrace.orchestrator.partitions") int partitions,
            @ConfigProperty(name = "millrace.orchestrator.retention") Duration retention,
            MeterRegistry registry) {
        this.kafka = kafka;
        this.stateDirectory = dataDirectory.resolve("orchestrator").toAbsolutePath();
        this.stages = stages;
        this.partitions = partitions;
        this.retention = retention;
        this.metrics = new JobMetrics(registry);
    }

    void start(@Observes StartupEvent event) {
        runner.start();
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        stopping = true;
        runner.interrupt();
        runner.join(2 * CLOSE_LIMIT.toMillis());
    }

    /** Where Kafka Streams stands; null while the cluster has not answered yet. */
    KafkaStreams.@Nullable State state() {
        var started = streams;
        return started == null ? null : started.state();
    }

    private void runUntilStopped() {
        boolean told = false;
        while (!stopping) {
            try {
                TopicCheck.run(kafka.get(), stages, partitions);
                runStreams();
                told = false;
            } catch (ExecutionException | KafkaException | IllegalStateException | IOException e) {
                if (!told) {
                    LOG.warnf("Cannot start yet, trying again every %d ms: %s", RETRY_MILLIS, e);
                    told = true;
                }
            } catch (InterruptedException e) {
                LOG.debug("Stopped");
            }
            pause();
        }
    }

    /** Returns when Kafka Streams has given up. */
    private void runStreams() throws IOException, InterruptedException {
        var topology = JobTopology.of(new JobMachine(stages), retention, metrics);
        var ended = new CountDownLatch(1);
        var made = new KafkaStreams(topology, StreamsSettings.of(kafka.get(), stateDirectory));
        try {
            made.setUncaughtExceptionHandler(this::replaceThread);
            made.setStateListener((now, before) -> {
                if (now.hasCompletedShutdown()) {
                    ended.countDown();
                }
            });
            streams = made;
            made.start();
            ended.await();
            LOG.error("Kafka Streams gave up and is started again");
        } finally {
            made.close(CLOSE_LIMIT);
        }
    }

    private StreamThreadExceptionResponse replaceThread(Throwable cause) {
        LOG.errorf(cause, "The orchestrator's stream thread died; another one takes over");
        pause();
        return StreamThreadExceptionResponse.REPLACE_THREAD;
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
