package dev.millrace.worker;

import dev.millrace.message.CloudEvent;
import dev.millrace.message.CloudEvents;
import dev.millrace.message.UnreadableEventException;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Makes the Kafka clients of this process.
 *
 * @param connection how to reach Kafka: bootstrap servers and, where needed, security settings
 */
record KafkaClients(Map<String, Object> connection) {
    KafkaClients {
        connection = Map.copyOf(connection);
    }

    Admin admin() {
        return Admin.create(connection);
    }

    /** Waits for all replicas, sends at once, never twice; gives up asking for a broker after 10 s. */
    KafkaProducer<String, byte[]> producer() {
        var config = new HashMap<>(connection);
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
        return new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer());
    }

    /** The event that a record carries. */
    static CloudEvent event(ConsumerRecord<String, byte[]> record) throws UnreadableEventException {
        return CloudEvents.decode(
                name -> {
                    var header = record.headers().lastHeader(name);
                    return header == null ? null : header.value();
                },
                record.value());
    }

    /** A consumer without a group, for reading a whole topic. */
    KafkaConsumer<String, byte[]> reader() {
        return new KafkaConsumer<>(new HashMap<>(connection), new StringDeserializer(), new ByteArrayDeserializer());
    }
}
