package dev.millrace.message;

import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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

    private static final String PREFIX = "dev.millrace.";
    private static final String MAJOR = ".v1";

    private final String name;
    private final Class<? extends Record> record;

    EventType(String name, Class<? extends Record> record) {
        this.name = name;
        this.record = record;
    }

    /** The CloudEvents type, {@code dev.millrace.task.issued.v1}. */
    public String type() {
        return PREFIX + name + MAJOR;
    }

    /** Address of the JSON Schema; the file of that name is in the resources beside this class. */
    public String dataSchema() {
        return "https://millrace.dev/schemas/" + schemaFile();
    }

    /** Name of the JSON Schema among the resources, {@code task.issued.v1.json}. */
    public String schemaFile() {
        return name + MAJOR + ".json";
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
        return Stream.of(values()).filter(t -> t.type().equals(type)).findFirst();
    }

    /**
     * The event type of that name.
     *
     * @throws RefusedException with code {@code UNKNOWN_VERSION} if only the major version is strange, else {@code
     *     UNKNOWN_TYPE}
     */
    static EventType parse(String type) {
        return byType(type).orElseThrow(() -> {
            var otherMajor = Stream.of(values())
                    .filter(t -> type.matches(Pattern.quote(PREFIX + t.name) + "\\.v\\d+"))
                    .findFirst();
            return otherMajor
                    .map(t -> new RefusedException("UNKNOWN_VERSION", "CloudEvents attribute type", type, t.type()))
                    .orElseGet(() -> new RefusedException(
                            "UNKNOWN_TYPE",
                            "CloudEvents attribute type",
                            type,
                            Stream.of(values()).map(EventType::type).collect(Collectors.joining(", "))));
        });
    }
}
