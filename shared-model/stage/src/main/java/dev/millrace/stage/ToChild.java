package dev.millrace.stage;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the worker says to its child JVM, one JSON line each. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "say")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ToChild.RunTask.class, name = "run"),
    @JsonSubTypes.Type(value = ToChild.CheckpointStored.class, name = "checkpointStored")
})
public sealed interface ToChild {
    /**
     * Do this, then answer with one of {@link FromChild.Succeeded}, {@link FromChild.Refused}, {@link FromChild.Failed}.
     *
     * @param target name of the machine that the request is for; absent where the result does not belong to a machine
     * @param cache what tasks leave for each other
     * @param checkpoint where an earlier attempt got to
     * @param workDirectory empty directory that the worker made and will remove
     */
    record RunTask(
            String stage,
            String technique,
            Map<String, JsonNode> options,
            Path model,
            @Nullable Path baseline,
            Map<String, LocalData> data,
            @Nullable String metric,
            @Nullable String target,
            long seed,
            int threads,
            Path workDirectory,
            @Nullable SharedCache cache,
            @Nullable Path checkpoint)
            implements ToChild {}

    /**
     * The checkpoint that the child offered is safe.
     *
     * @param path where it can be read from now on
     */
    record CheckpointStored(Path path) implements ToChild {}
}
