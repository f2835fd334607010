package dev.millrace.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

/** A publisher and subscriber with kafka-clients and this jar, nothing else. */
class PlainKafkaClientTest {
    @Test
    void publishesARequest() throws UnreadableEventException {
        var event =
                CloudEvent.of("order-1", "/tests", "job-7", Instant.EPOCH, Samples.of(EventType.COMPRESSION_REQUESTED));
        try (var producer = new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer())) {
            var out = CloudEvents.encode(event);
            var record = new ProducerRecord<>(Topics.REQUESTS, "job-7", out.body());
            out.headers().forEach(record.headers()::add);
            assertThat(producer.send(record)).isDone();

            var sent = producer.history().get(0);
            assertThat(sent.key()).isEqualTo("job-7");
            assertThat(decode(sent.headers(), sent.value())).isEqualTo(event);
        }
    }

    @Test
    void readsACompletion() throws UnreadableEventException {
        var completion = CloudEvent.of(
                "job-7#terminal",
                "/millrace/orchestrator",
                "job-7",
                Instant.EPOCH,
                Samples.of(EventType.COMPRESSION_COMPLETED));
        try (var consumer = new MockConsumer<String, byte[]>("earliest")) {
            var partition = new TopicPartition(Topics.COMPLETED, 0);
            consumer.assign(List.of(partition));
            consumer.updateBeginningOffsets(Map.of(partition, 0L));
            consumer.addRecord(record(completion));

            for (var record : consumer.poll(Duration.ZERO)) {
                var event = decode(record.headers(), record.value());

                assertThat(event.id()).isEqualTo("job-7#terminal");
                assertThat(event.data()).isInstanceOfSatisfying(CompressionCompleted.class, completed -> {
                    assertThat(completed.objectiveMet()).isTrue();
                    assertThat(completed.artifact().uri()).startsWith("millrace:sha256/");
                });
            }
            assertThat(consumer.position(partition)).isOne();
        }
    }

    private static CloudEvent decode(Headers headers, byte[] body) throws UnreadableEventException {
        return CloudEvents.decode(
                name -> {
                    var header = headers.lastHeader(name);
                    return header == null ? null : header.value();
                },
                body);
    }

    private static ConsumerRecord<String, byte[]> record(CloudEvent event) {
        var out = CloudEvents.encode(event);
        var headers = new RecordHeaders();
        out.headers().forEach(headers::add);
        return new ConsumerRecord<>(
                Topics.COMPLETED,
                0,
                0,
                0,
                TimestampType.CREATE_TIME,
                0,
                0,
                "job-7",
                out.body(),
                headers,
                Optional.empty());
    }
}
