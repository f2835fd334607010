package dev.millrace.orchestrator;

import com.fasterxml.jackson.core.JsonToken;
import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import dev.millrace.message.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/** The jobs of one Kafka Streams task, and when the ended ones may be forgotten. */
final class JobStore {
    static final String JOBS = "jobs";

    /** Keys {@code <millis, 13 digits>/<job id>}, so that a range finds what is due. */
    static final String EXPIRIES = "expiries";

    private static final byte[] PRESENT = {1};

    private final KeyValueStore<String, byte[]> jobs;
    private final KeyValueStore<String, byte[]> expiries;

    JobStore(ProcessorContext<?, ?> context) {
        jobs = context.getStateStore(JOBS);
        expiries = context.getStateStore(EXPIRIES);
    }

    @Nullable
    JobChanged job(String id) {
        byte[] stored = jobs.get(id);
        return stored == null ? null : Json.read(stored, JobChanged.class);
    }

    void put(JobChanged job, byte[] json) {
        jobs.put(job.jobId(), json);
    }

    void forgetAt(String jobId, Instant due) {
        expiries.put(expiry(due) + "/" + jobId, PRESENT);
    }

    /** Forgets jobs that are due, at most {@code limit} of them, and returns their ids. */
    List<String> forget(Instant now, int limit) {
        var due = new ArrayList<String>();
        try (var entries = expiries.range(null, expiry(now))) {
            while (entries.hasNext() && due.size() < limit) {
                due.add(entries.next().key);
            }
        }
        var forgotten = new ArrayList<String>();
        for (String entry : due) {
            String jobId = entry.substring(entry.indexOf('/') + 1);
            expiries.delete(entry);
            jobs.delete(jobId);
            forgotten.add(jobId);
        }
        return forgotten;
    }

    /** Jobs that have not ended; reads the whole store. */
    long running() {
        long running = 0;
        try (var all = jobs.all()) {
            while (all.hasNext()) {
                if (isRunning(all.next().value)) {
                    running++;
                }
            }
        }
        return running;
    }

    /** Reads no further than the state, one of the first fields. */
    private static boolean isRunning(byte[] job) {
        try (var json = Json.mapper().createParser(job)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                json.nextToken();
                if (field.equals("state")) {
                    return json.getText().equalsIgnoreCase(JobState.RUNNING.name());
                }
                json.skipChildren();
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String expiry(Instant due) {
        return String.format(Locale.ROOT, "%013d", due.toEpochMilli());
    }
}
