package dev.millrace.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.TopicDefinition;
import dev.millrace.worker.TopicSetup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Exit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @Test
    void keepsRecordsOverARestart() throws Exception {
        try (var broker = EmbeddedBroker.start(directory, 0)) {
            createTopics(broker);
            publish(broker, "millrace.tasks.pruning", "task");
        }
        try (var broker = EmbeddedBroker.start(directory, 0)) {
            createTopics(broker);
            assertThat(firstRecord(broker, "millrace.tasks.pruning")).isEqualTo("task");
        }
    }

    @Test
    void servesShareGroups() throws Exception {
        try (var broker = EmbeddedBroker.start(directory, 0)) {
            createTopics(broker);
            try (var consumer = new KafkaShareConsumer<String, String>(
                    Map.of(
                            "bootstrap.servers", broker.bootstrapServers(),
                            "group.id", "workers",
                            "share.acknowledgement.mode", "explicit"),
                    new StringDeserializer(),
                    new StringDeserializer())) {
                consumer.subscribe(List.of("millrace.tasks.pruning"));
                var deadline = System.nanoTime() + PATIENCE.toNanos();
                String received = "";
                while (received.isEmpty() && System.nanoTime() < deadline) {
                    publish(broker, "millrace.tasks.pruning", "task"); // the group starts at the end of the topic
                    for (var record : consumer.poll(Duration.ofMillis(500))) {
                        consumer.acknowledge(record, AcknowledgeType.ACCEPT);
                        received = record.value();
                    }
                }
                assertThat(received).isEqualTo("task");
            }
        }
    }

    @Test
    void saysWhichPortIsTaken() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> EmbeddedBroker.start(directory, taken.getLocalPort()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(Integer.toString(taken.getLocalPort()));
        }
    }

    @Test
    void anAbandonedBrokerEndsNoProcess() throws Exception {
        EmbeddedBroker.abandon();
        try {
            var failing = new Thread(() -> Exit.halt(1)); // as when its directory is gone
            failing.setDaemon(true);
            failing.start();

            failing.join(200);
            assertThat(failing.isAlive()).isTrue();
        } finally {
            Exit.resetHaltProcedure();
            Exit.resetExitProcedure();
        }
    }

    private static void createTopics(EmbeddedBroker broker) throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            TopicSetup.createTopics(admin, TopicDefinition.all(List.of("pruning")), 1);
        }
    }

    private static void publish(EmbeddedBroker broker, String topic, String value) throws Exception {
        try (var producer = new KafkaProducer<String, String>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
            producer.send(new ProducerRecord<>(topic, "key", value)).get();
        }
    }

    private static String firstRecord(EmbeddedBroker broker, String topic) {
        try (var consumer = new KafkaConsumer<String, String>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringDeserializer(),
                new StringDeserializer())) {
            var partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            return consumer.poll(PATIENCE).iterator().next().value();
        }
    }
}
