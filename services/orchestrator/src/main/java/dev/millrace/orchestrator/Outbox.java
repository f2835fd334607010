package dev.millrace.orchestrator;

import dev.millrace.message.CloudEvent;
import dev.millrace.message.CloudEvents;
import dev.millrace.message.JobChanged;
import dev.millrace.message.SearchProgress;
import dev.millrace.message.TaskCancelled;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.Topics;
import dev.millrace.message.Trial;
import dev.millrace.message.UnreadableEventException;
import java.time.Instant;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/** What leaves the topology. Ids are derived from the job, so that an event told again has the same one. */
final class Outbox {
    private static final String SOURCE = "/millrace/orchestrator";

    /** Larger values stay out of a dead letter, which must fit into one record itself; its headers say where they are. */
    static final int MAX_LETTER_BYTES = 512 << 10;

    private static final int MAX_LETTER_HEADER_BYTES = 64 << 10;

    private final ProcessorContext<String, Outgoing> context;

    Outbox(ProcessorContext<String, Outgoing> context) {
        this.context = context;
    }

    /**
     * Sends one event about a job.
     *
     * @param cause whose trace goes on; null outside any trace
     * @return the event as JSON
     */
    byte[] send(java.lang.Record event, JobChanged job, @Nullable CloudEvent cause, Instant now) {
        var told = CloudEvent.of(id(event, job), SOURCE, job.jobId(), now, event);
        var encoded = CloudEvents.encode(cause == null ? told : told.causedBy(cause));
        var headers = new RecordHeaders();
        encoded.headers().forEach(headers::add);
        forward(job.jobId(), new Outgoing(topic(event), encoded.body()), headers, now);
        return encoded.body();
    }

    /** Takes the snapshot of a job out of the compacted topic. */
    void forget(String jobId, Instant now) {
        forward(jobId, new Outgoing(Topics.JOBS, null), new RecordHeaders(), now);
    }

    /** Puts a record aside, with the reason in its headers. */
    void deadLetter(Record<String, byte[]> record, UnreadableEventException reason, Instant now) {
        var headers = new RecordHeaders();
        if (bytes(record.headers()) <= MAX_LETTER_HEADER_BYTES) {
            record.headers().forEach(headers::add);
        }
        var origin = context.recordMetadata().orElseThrow();
        reason.deadLetterHeaders(origin.topic(), origin.partition(), origin.offset())
                .forEach(headers::add);
        boolean fits = record.value() != null && record.value().length <= MAX_LETTER_BYTES;
        forward(record.key(), new Outgoing(Topics.DEAD_LETTERS, fits ? record.value() : null), headers, now);
    }

    private void forward(@Nullable String key, Outgoing value, Headers headers, Instant now) {
        context.forward(new Record<>(key, value, now.toEpochMilli(), headers));
    }

    private static String topic(java.lang.Record event) {
        if (event instanceof TaskIssued task) {
            return Topics.tasks(task.stage());
        }
        if (event instanceof TaskCancelled) {
            return Topics.CONTROL;
        }
        return event instanceof JobChanged ? Topics.JOBS : Topics.COMPLETED;
    }

    private static String id(java.lang.Record event, JobChanged job) {
        if (event instanceof TaskIssued task) {
            return task.taskId();
        }
        if (event instanceof TaskCancelled task) {
            return task.taskId() + "#cancelled";
        }
        return event instanceof JobChanged
                ? job.jobId() + "#" + job.lineage().size() + revision(job.search()) + "-"
                        + job.state().name().toLowerCase(Locale.ROOT)
                : job.jobId() + "#terminal";
    }

    /** Tells the snapshots of one search apart. */
    private static String revision(@Nullable SearchProgress search) {
        if (search == null) {
            return "";
        }
        long ended = search.trials().stream()
                .filter(trial -> trial.state() != Trial.State.OUT)
                .count();
        int parts = search.trials().stream()
                .filter(trial -> trial.state() == Trial.State.OUT)
                .mapToInt(trial -> trial.lineage().size())
                .sum();
        return "." + search.trials().size() + "." + ended + "." + parts;
    }

    private static int bytes(Headers headers) {
        return StreamSupport.stream(headers.spliterator(), false)
                .mapToInt(Outbox::bytes)
                .sum();
    }

    private static int bytes(Header header) {
        return header.key().length() + (header.value() == null ? 0 : header.value().length);
    }
}
