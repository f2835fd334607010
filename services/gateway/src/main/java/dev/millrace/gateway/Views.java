package dev.millrace.gateway;

import dev.millrace.message.Catalogue;
import dev.millrace.message.CloudEvents;
import dev.millrace.message.JobChanged;
import dev.millrace.message.Json;
import dev.millrace.message.StageRegistered;
import dev.millrace.message.TaskProgressed;
import dev.millrace.message.Topics;
import dev.millrace.message.UnreadableEventException;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Multi;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What the gateway knows: jobs, their progress and the catalogue, read from the topics while the application runs. */
@ApplicationScoped
class Views {
    private static final Logger LOG = Logger.getLogger(Views.class);
    private static final int MOST_PROGRESSES = 10_000;

    private final JobView jobs = new JobView();
    private final Map<String, StageRegistered> stages = new ConcurrentHashMap<>();
    private final Map<String, Set<JobWatch>> watches = new ConcurrentHashMap<>();
    private final AtomicInteger watching;
    private final List<TopicReader> readers;

    /** Newest progress by job; guarded by itself. The eldest is dropped when there are too many. */
    private final Map<String, JobWatch.Progress> progresses = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, JobWatch.Progress> eldest) {
            return size() > MOST_PROGRESSES;
        }
    };

    Views(@Identifier("default-kafka-broker") Instance<Map<String, Object>> kafka, MeterRegistry registry) {
        watching = registry.gauge("millrace.gateway.watches", new AtomicInteger());
        readers = List.of(
                new TopicReader(Topics.JOBS, kafka::get, this::jobChanged),
                new TopicReader(Topics.CATALOGUE, kafka::get, this::stageRegistered),
                new TopicReader(Topics.PROGRESS, kafka::get, this::progressed));
    }

    void start(@Observes StartupEvent event) {
        readers.forEach(TopicReader::start);
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        for (var reader : readers) {
            reader.stop();
        }
    }

    JobView jobs() {
        return jobs;
    }

    Catalogue catalogue() {
        return new Catalogue(stages);
    }

    /** Whether everything that was in the topics at the start has been read. */
    boolean caughtUp() {
        return readers.stream().allMatch(TopicReader::caughtUp);
    }

    /** Snapshots and progress of a job from now on, and what the client has missed. */
    Multi<JobEvent> watch(String jobId, @Nullable String lastEventId) {
        var watch = new JobWatch(lastEventId);
        watches.computeIfAbsent(jobId, id -> ConcurrentHashMap.newKeySet()).add(watch);
        watching.incrementAndGet();
        jobs.job(jobId).ifPresent(watch::changed);
        synchronized (progresses) {
            var newest = progresses.get(jobId);
            if (newest != null) {
                watch.progressed(newest);
            }
        }
        return watch.events().onTermination().invoke(() -> unwatch(jobId, watch));
    }

    private void unwatch(String jobId, JobWatch watch) {
        watching.decrementAndGet();
        watches.computeIfPresent(jobId, (id, all) -> all.remove(watch) && all.isEmpty() ? null : all);
    }

    private void jobChanged(ConsumerRecord<String, byte[]> record) {
        if (record.value() == null) {
            jobs.remove(record.key());
            return;
        }
        read(record, JobChanged.class, job -> {
            var entry = JobEntry.of(job, record.offset());
            jobs.put(entry);
            if (job.state().terminal()) {
                synchronized (progresses) {
                    progresses.remove(job.jobId());
                }
            }
            watchesOf(job.jobId()).forEach(watch -> watch.changed(entry));
        });
    }

    private void progressed(ConsumerRecord<String, byte[]> record) {
        read(record, TaskProgressed.class, progress -> {
            if (jobs.job(progress.jobId())
                    .filter(job -> job.summary().state().terminal())
                    .isPresent()) {
                return;
            }
            var newest =
                    new JobWatch.Progress(record.offset(), new String(Json.write(progress), StandardCharsets.UTF_8));
            synchronized (progresses) {
                progresses.put(progress.jobId(), newest);
            }
            watchesOf(progress.jobId()).forEach(watch -> watch.progressed(newest));
        });
    }

    private void stageRegistered(ConsumerRecord<String, byte[]> record) {
        if (record.value() == null) {
            stages.remove(record.key());
            return;
        }
        read(record, StageRegistered.class, registered -> stages.put(registered.stage(), registered));
    }

    private Set<JobWatch> watchesOf(String jobId) {
        return watches.getOrDefault(jobId, Set.of());
    }

    private static <T extends Record> void read(
            ConsumerRecord<String, byte[]> record, Class<T> type, Consumer<T> handler) {
        try {
            var data = CloudEvents.decode(new EventHeaders(record.headers()), record.value())
                    .data();
            if (type.isInstance(data)) {
                handler.accept(type.cast(data));
            }
        } catch (UnreadableEventException e) {
            LOG.warnf("Record %d of %s is ignored: %s", record.offset(), record.topic(), e.getMessage());
        }
    }
}
