package dev.millrace.it.flow;

import dev.millrace.message.CloudEvent;
import dev.millrace.message.CloudEvents;
import dev.millrace.message.UnreadableEventException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Writes and reads topics as any Kafka client would. */
public final class Bus implements AutoCloseable {
    private final Map<String, Object> connection;
    private final KafkaProducer<String, byte[]> producer;

    public Bus(String bootstrapServers) {
        connection = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        var settings = new HashMap<>(connection);
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }

    public void send(String topic, String jobId, Record data) throws ExecutionException, InterruptedException {
        var event = CloudEvent.of(UUID.randomUUID().toString(), "/test", jobId, Instant.now(), data);
        var encoded = CloudEvents.encode(event);
        var record = new ProducerRecord<>(topic, null, jobId, encoded.body());
        encoded.headers().forEach(record.headers()::add);
        producer.send(record).get();
    }

    public void sendRaw(String topic, String key, String value) throws ExecutionException, InterruptedException {
        producer.send(new ProducerRecord<>(topic, key, value.getBytes(StandardCharsets.UTF_8)))
                .get();
    }

    /** A consumer of whole topics, of committed events only. */
    public Reader read(String... topics) {
        var consumer = new KafkaConsumer<>(
                Map.<String, Object>of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        Objects.requireNonNull(connection.get(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG)),
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        "read_committed",
                        ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                        100),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        var partitions = new ArrayList<TopicPartition>();
        for (String topic : topics) {
            consumer.partitionsFor(topic).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        return new Reader(consumer);
    }

    /** Reads on where it stopped. */
    public record Reader(KafkaConsumer<String, byte[]> consumer) implements AutoCloseable {
        public List<ConsumerRecord<String, byte[]>> records(Duration wait) {
            var read = new ArrayList<ConsumerRecord<String, byte[]>>();
            consumer.poll(wait).forEach(read::add);
            return read;
        }

        public List<CloudEvent> events(Duration wait) {
            return records(wait).stream().map(Bus::event).toList();
        }

        /** The first event that fits; fails when there is none in time. */
        public CloudEvent await(Predicate<CloudEvent> wanted) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (System.nanoTime() < deadline) {
                Optional<CloudEvent> found =
                        events(Duration.ofMillis(200)).stream().filter(wanted).findFirst();
                if (found.isPresent()) {
                    return found.get();
                }
            }
            throw new AssertionError("no such event within a minute");
        }

        @Override
        public void close() {
            consumer.close();
        }
    }

    private static CloudEvent event(ConsumerRecord<String, byte[]> record) {
        try {
            return CloudEvents.decode(
                    name -> {
                        var header = record.headers().lastHeader(name);
                        return header == null ? null : header.value();
                    },
                    record.value());
        } catch (UnreadableEventException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        producer.close();
    }
}
