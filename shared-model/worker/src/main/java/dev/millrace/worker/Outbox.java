package dev.millrace.worker;

import dev.millrace.message.CloudEvent;
import dev.millrace.message.CloudEvents;
import dev.millrace.message.StageRegistered;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskProgressed;
import dev.millrace.message.Topics;
import dev.millrace.message.UnreadableEventException;
import dev.millrace.stage.FromChild;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/**
 * Everything that a worker writes to Kafka. Outcomes, dead letters and tasks handed back are there when the call returns;
 * progress may get lost.
 */
final class Outbox implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Outbox.class);

    private final KafkaProducer<String, byte[]> producer;
    private final String source;
    private final Clock clock;

    /** @param worker name of this process, the source of its events */
    Outbox(KafkaProducer<String, byte[]> producer, String worker, Clock clock) {
        this.producer = producer;
        this.source = "/millrace/worker/" + worker;
        this.clock = clock;
    }

    /**
     * Tells how a task ended. The event has the same id whoever tells it and however often, so that it counts once.
     *
     * @throws KafkaException if Kafka did not take it
     */
    void outcome(TaskIssued task, Record outcome, CloudEvent cause) throws InterruptedException {
        send(
                Topics.OUTCOMES,
                task.jobId(),
                event(task.taskId() + "#outcome", task.jobId(), outcome).causedBy(cause));
    }

    /** Tells how far an attempt is. */
    void progress(TaskIssued task, int attempt, FromChild.Progressed progress) {
        var event = new TaskProgressed(
                task.jobId(),
                task.taskId(),
                task.step(),
                task.stage(),
                progress.fraction(),
                progress.activity(),
                progress.metrics(),
                attempt);
        var id = UUID.randomUUID().toString();
        var unused = producer.send(
                record(Topics.PROGRESS, task.jobId(), event(id, task.jobId(), event)), (sent, failure) -> {
                    if (failure != null) {
                        LOG.debugf("progress of %s is lost: %s", task.taskId(), failure);
                    }
                });
    }

    /** Tells that workers of these stages are up, and what they can do. */
    void announce(List<StageRegistered> stages) throws InterruptedException {
        var sent = stages.stream()
                .map(stage -> producer.send(record(
                        Topics.CATALOGUE, stage.stage(), event(UUID.randomUUID().toString(), stage.stage(), stage))))
                .toList();
        for (var each : sent) {
            await(Topics.CATALOGUE, each);
        }
    }

    /** Puts a record that is no task aside, as it came, with the reason. */
    void deadLetter(ConsumerRecord<String, byte[]> found, UnreadableEventException reason) throws InterruptedException {
        var letter = new ProducerRecord<>(Topics.DEAD_LETTERS, null, found.key(), found.value(), found.headers());
        reason.deadLetterHeaders(found.topic(), found.partition(), found.offset())
                .forEach(letter.headers()::add);
        await(letter);
    }

    /** Issues a task once more with a header; see {@link Delivery}. */
    void reissue(ConsumerRecord<String, byte[]> task, Map<String, String> headers) throws InterruptedException {
        var copy = new ProducerRecord<>(task.topic(), null, task.key(), task.value(), task.headers());
        headers.forEach((name, value) -> {
            copy.headers().remove(name);
            copy.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
        });
        await(copy);
    }

    private CloudEvent event(String id, String subject, Record data) {
        return CloudEvent.of(id, source, subject, clock.instant(), data);
    }

    private void send(String topic, String key, CloudEvent event) throws InterruptedException {
        await(record(topic, key, event));
    }

    private static ProducerRecord<String, byte[]> record(String topic, String key, CloudEvent event) {
        var encoded = CloudEvents.encode(event);
        var record = new ProducerRecord<>(topic, key, encoded.body());
        encoded.headers().forEach(record.headers()::add);
        return record;
    }

    private void await(ProducerRecord<String, byte[]> record) throws InterruptedException {
        await(record.topic(), producer.send(record));
    }

    private static void await(String topic, Future<RecordMetadata> sent) throws InterruptedException {
        try {
            sent.get();
        } catch (ExecutionException e) {
            throw new KafkaException(topic + " did not take a record", e.getCause());
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(2));
    }
}
