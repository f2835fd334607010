package dev.millrace.message;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One event: what happened, and the CloudEvents attributes that say who told, when, and about what.
 *
 * @param id unique within the source; two events with the same id and source are the same event
 * @param source who wrote it, a URI reference: {@code /millrace/orchestrator}
 * @param subject the job id; for {@link StageRegistered} the stage
 * @param time when it happened; absent only on events of others that left it out
 * @param traceparent W3C trace context, copied from the event that caused this one
 * @param tracestate vendor part of the trace context
 * @param data a record that {@link EventType} knows
 */
public record CloudEvent(
        String id,
        String source,
        @Nullable String subject,
        @Nullable Instant time,
        @Nullable String traceparent,
        @Nullable String tracestate,
        Record data) {

    /** An event outside any trace. */
    public static CloudEvent of(String id, String source, String subject, Instant time, Record data) {
        return new CloudEvent(id, source, subject, time, null, null, data);
    }

    public EventType type() {
        return EventType.of(data);
    }

    /** This event in the trace of the event that caused it. */
    public CloudEvent causedBy(CloudEvent cause) {
        return inTrace(cause.traceparent, cause.tracestate);
    }

    public CloudEvent inTrace(@Nullable String parent, @Nullable String state) {
        return new CloudEvent(id, source, subject, time, parent, state, data);
    }
}
