package dev.millrace.it.standalone;

import dev.millrace.message.CloudEvent;
import dev.millrace.message.CloudEvents;
import dev.millrace.message.Topics;
import dev.millrace.message.UnreadableEventException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What a pipeline without Quarkus does: Apache's Kafka client and the messages jar. */
final class PlainClient implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);

    private final String bootstrapServers;
    private final KafkaProducer<String, byte[]> producer;

    PlainClient(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
        this.producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers, "acks", "all", "linger.ms", "0"),
                new StringSerializer(),
                new ByteArraySerializer());
    }

    /** Publishes a request and returns when Kafka has it. */
    void publish(CloudEvent request) throws Exception {
        var encoded = CloudEvents.encode(request);
        var record = new ProducerRecord<>(Topics.REQUESTS, null, request.subject(), encoded.body());
        encoded.headers().forEach(record.headers()::add);
        producer.send(record).get();
    }

    void publishRaw(String topic, String key, byte[] value) throws Exception {
        producer.send(new ProducerRecord<>(topic, key, value)).get();
    }

    /** The event that ended a job. */
    CloudEvent completion(String jobId, Duration limit) throws UnreadableEventException {
        var record = first(Topics.COMPLETED, candidate -> jobId.equals(candidate.key()), limit);
        return CloudEvents.decode(
                name -> {
                    var header = record.headers().lastHeader(name);
                    return header == null ? null : header.value();
                },
                record.value());
    }

    /** The first record of a topic like this, from its beginning. */
    ConsumerRecord<String, byte[]> first(
            String topic, Predicate<ConsumerRecord<String, byte[]>> wanted, Duration limit) {
        try (var consumer = new KafkaConsumer<String, byte[]>(
                Map.of("bootstrap.servers", bootstrapServers), new StringDeserializer(), new ByteArrayDeserializer())) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long deadline = System.nanoTime() + limit.toNanos();
            while (System.nanoTime() < deadline) {
                for (var record : consumer.poll(POLL)) {
                    if (wanted.test(record)) {
                        return record;
                    }
                }
            }
            throw new AssertionError("No such record in " + topic + " within " + limit);
        }
    }

    @Override
    public void close() {
        producer.close();
    }
}
