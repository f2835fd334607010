package dev.millrace.orchestrator;

import dev.millrace.message.Catalogue;
import dev.millrace.message.CloudEvent;
import dev.millrace.message.CloudEvents;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.JobChanged;
import dev.millrace.message.Json;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.message.RequestRules;
import dev.millrace.message.StageRegistered;
import dev.millrace.message.UnreadableEventException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Reads requests and outcomes, lets {@link JobMachine} decide, stores the job and sends what follows. */
final class JobProcessor implements Processor<String, byte[], String, Outgoing> {
    private static final Logger LOG = Logger.getLogger(JobProcessor.class);
    private static final Duration CLEANING_INTERVAL = Duration.ofMinutes(1);
    private static final int FORGOTTEN_AT_ONCE = 1000;

    private final JobMachine machine;
    private final Duration retention;
    private final JobMetrics metrics;
    private long running;

    @SuppressWarnings("NullAway.Init") // by init
    private ProcessorContext<String, Outgoing> context;

    @SuppressWarnings("NullAway.Init") // by init
    private JobStore jobs;

    @SuppressWarnings("NullAway.Init") // by init
    private ReadOnlyKeyValueStore<String, byte[]> stages;

    @SuppressWarnings("NullAway.Init") // by init
    private Outbox outbox;

    /** @param retention how long a job that has ended is remembered */
    JobProcessor(JobMachine machine, Duration retention, JobMetrics metrics) {
        this.machine = machine;
        this.retention = retention;
        this.metrics = metrics;
    }

    @Override
    public void init(ProcessorContext<String, Outgoing> context) {
        this.context = context;
        jobs = new JobStore(context);
        stages = context.getStateStore(CatalogueProcessor.STORE);
        outbox = new Outbox(context);
        addRunning(jobs.running());
        context.schedule(CLEANING_INTERVAL, PunctuationType.WALL_CLOCK_TIME, this::forget);
    }

    @Override
    public void close() {
        addRunning(-running);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        var now = Instant.ofEpochMilli(context.currentSystemTimeMs());
        @Nullable JobChanged job = null;
        try {
            checkKey(record.key());
            job = jobs.job(record.key());
            var event = CloudEvents.decode(new EventHeaders(record.headers()), record.value());
            decide(record.key(), job, event, now);
        } catch (UnreadableEventException e) {
            deadLetter(record, e, now);
        } catch (RefusedException e) {
            deadLetter(record, new UnreadableEventException(e.problem(), e), now);
        } catch (KafkaException e) {
            throw e; // Kafka Streams knows what to do
        } catch (RuntimeException e) { // a fault of ours in one job must not stop the others
            LOG.errorf(e, "Job %s: an event could not be processed", record.key());
            fail(record, job, e, now);
        }
    }

    private void decide(String jobId, @Nullable JobChanged job, CloudEvent event, Instant now) {
        var catalogue = event.data() instanceof CompressionRequested ? catalogue() : Catalogue.EMPTY;
        machine.on(event.data(), jobId, job, catalogue, now)
                .ifPresentOrElse(transition -> apply(transition, job, event, now), metrics::ignored);
    }

    private void apply(Transition transition, @Nullable JobChanged before, @Nullable CloudEvent cause, Instant now) {
        var job = transition.job();
        transition.events().forEach(event -> outbox.send(event, job, cause, now));
        jobs.put(job, outbox.send(job, job, cause, now));
        if (job.state().terminal()) {
            jobs.forgetAt(job.jobId(), now.plus(retention));
        }
        addRunning((job.state().terminal() ? 0 : 1) - (before == null ? 0 : 1));
        metrics.changed(job.state());
        context.commit(); // at once: the next stage waits for it
    }

    private void fail(Record<String, byte[]> record, @Nullable JobChanged job, RuntimeException fault, Instant now) {
        var problem = new Problem("INTERNAL_ERROR", "orchestrator", fault.toString(), "");
        deadLetter(record, new UnreadableEventException(problem, fault), now);
        if (job != null && !job.state().terminal()) {
            apply(Ending.failed(job, problem, List.of(), now), job, null, now);
        }
    }

    private void deadLetter(Record<String, byte[]> record, UnreadableEventException reason, Instant now) {
        LOG.warnf("Record with key '%s' goes to the dead letters: %s", record.key(), reason.getMessage());
        outbox.deadLetter(record, reason, now);
        metrics.deadLetter(reason.problem().code());
        context.commit();
    }

    private void forget(long nowMillis) {
        var now = Instant.ofEpochMilli(nowMillis);
        jobs.forget(now, FORGOTTEN_AT_ONCE).forEach(jobId -> outbox.forget(jobId, now));
    }

    private Catalogue catalogue() {
        var known = new HashMap<String, StageRegistered>();
        try (var all = stages.all()) {
            all.forEachRemaining(entry -> known.put(entry.key, Json.read(entry.value, StageRegistered.class)));
        }
        return new Catalogue(known);
    }

    private void addRunning(long jobs) {
        running += jobs;
        metrics.running(jobs);
    }

    private static void checkKey(@Nullable String key) {
        if (key == null) {
            throw new RefusedException("NO_KEY", "Kafka key", "nothing", "the job id");
        }
        RequestRules.checkJobId(key);
    }
}
