package dev.millrace.orchestrator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/** Kafka Streams as the orchestrator needs it: exactly once, quick to answer, quick to come back. */
final class StreamsSettings {
    static final String APPLICATION_ID = "millrace-orchestrator";

    private StreamsSettings() {}

    /**
     * @param kafka settings of every client, bootstrap servers among them
     * @param stateDirectory of this process alone
     */
    static Properties of(Map<String, Object> kafka, Path stateDirectory) throws IOException {
        var settings = new Properties();
        settings.putAll(kafka);
        settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION_ID);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, stateDirectory.toString());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, StoreMemory.class);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        settings.put("processing.exception.handler.global.enabled", true);
        settings.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);

        // Transitions ask for their commit themselves; this is for what changes nothing.
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 0);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), 10_000);
        // A job's order is that of its task ids, not of the topics' clocks: never wait for the other topic.
        settings.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, -1L);
        // A record may have 1 MB.
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 50);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 50);

        // Who comes back with its state directory is the same member, and waits for nobody's time-out.
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), instanceId(stateDirectory));
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 6_000);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 1_500);
        return settings;
    }

    private static String instanceId(Path stateDirectory) throws IOException {
        Path file = Files.createDirectories(stateDirectory).resolve("instance-id");
        if (Files.exists(file)) {
            String kept = Files.readString(file).strip();
            if (!kept.isEmpty()) {
                return kept;
            }
        }
        String made = UUID.randomUUID().toString();
        Files.writeString(file, made);
        return made;
    }
}
