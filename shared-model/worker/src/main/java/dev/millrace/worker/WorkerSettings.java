package dev.millrace.worker;

import dev.millrace.stage.Machine;
import dev.millrace.stage.SharedCache;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How a worker works.
 *
 * @param name of this process, in events and logs
 * @param machine that it runs on
 * @param kafka how to reach Kafka: bootstrap servers and, where needed, security settings
 * @param dataDirectory where it keeps what need not be shared: working directories
 * @param engines where native libraries are unpacked; processes may share it
 * @param cache what tasks leave for each other; processes may share it
 * @param resultBytes of stored results and their models, beyond which the least recently used go; 0 means no limit
 * @param concurrency tasks at a time, child JVMs
 * @param warm whether children are started before they are needed
 * @param javaOptions more options of the child JVMs
 * @param lock how long a task stays locked when its worker falls silent
 * @param attempts at a task before it fails
 * @param partitions of topics that this worker has to create
 */
public record WorkerSettings(
        String name,
        Machine machine,
        Map<String, Object> kafka,
        Path dataDirectory,
        Path engines,
        SharedCache cache,
        long resultBytes,
        int concurrency,
        boolean warm,
        ChildLimits child,
        List<String> javaOptions,
        Duration lock,
        int attempts,
        int partitions) {
    public WorkerSettings {
        kafka = Map.copyOf(kafka);
        javaOptions = List.copyOf(javaOptions);
    }
}
