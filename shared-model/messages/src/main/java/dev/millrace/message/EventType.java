package dev.millrace.message;

import java.util.Optional;
import java.util.stream.Stream;

/** CloudEvents type of each record: {@code dev.millrace.<noun>.<past-tense verb>.v<major>}. */
public enum EventType {
    COMPRESSION_REQUESTED("compression.requested", CompressionRequested.class),
    COMPRESSION_CANCELLED("compression.cancelled", CompressionCancelled.class),
    COMPRESSION_COMPLETED("compression.completed", CompressionCompleted.class),
    COMPRESSION_FAILED("compression.failed", CompressionFailed.class),
    COMPRESSION_REFUSED("compression.refused", CompressionRefused.class),
    TASK_ISSUED("task.issued", TaskIssued.class),
    TASK_SUCCEEDED("task.succeeded", TaskSucceeded.class),
    TASK_FAILED("task.failed", TaskFailed.class),
    TASK_REFUSED("task.refused", TaskRefused.class),
    TASK_PROGRESSED("task.progressed", TaskProgressed.class),
    TASK_CANCELLED("task.cancelled", TaskCancelled.class),
    JOB_CHANGED("job.changed", JobChanged.class),
    STAGE_REGISTERED("stage.registered", StageRegistered.class);

    private final String type;
    private final Class<? extends Record> record;

    EventType(String name, Class<? extends Record> record) {
        this.type = "dev.millrace." + name + ".v1";
        this.record = record;
    }

    public String type() {
        return type;
    }

    public Class<? extends Record> record() {
        return record;
    }

    /** The type that carries records of this class. */
    public static EventType of(Record event) {
        return Stream.of(values())
                .filter(t -> t.record.isInstance(event))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(event.getClass() + " is no event"));
    }

    public static Optional<EventType> byType(String type) {
        return Stream.of(values()).filter(t -> t.type.equals(type)).findFirst();
    }
}
