package dev.millrace.it.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CloudEvent;
import dev.millrace.message.CloudEvents;
import dev.millrace.message.TaskCancelled;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.Topics;
import dev.millrace.message.UnreadableEventException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
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

/** The orchestrator's side of the probe stage: issues tasks, reads what workers tell. */
final class ProbeQueue implements AutoCloseable {
    private static final String TASKS = Topics.tasks("probe");

    private final KafkaProducer<String, byte[]> producer;
    private final KafkaConsumer<String, byte[]> consumer;
    private final List<ConsumerRecord<String, byte[]>> seen = new ArrayList<>();
    private final ArtifactReference model;

    ProbeQueue(String bootstrapServers, ArtifactReference model) {
        this.model = model;
        Map<String, Object> connection = Map.of("bootstrap.servers", bootstrapServers, "linger.ms", 0);
        this.producer = new KafkaProducer<>(connection, new StringSerializer(), new ByteArraySerializer());
        this.consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers), new StringDeserializer(), new ByteArrayDeserializer());
    }

    /** Starts to read; the topics exist from here on. */
    void listen() {
        var topics = List.of(Topics.OUTCOMES, Topics.PROGRESS, Topics.DEAD_LETTERS, Topics.CATALOGUE);
        var partitions = topics.stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    /** Issues a task and returns its id. */
    String issue(String technique, String text, long millis) throws ExecutionException, InterruptedException {
        return issue(UUID.randomUUID().toString(), technique, text, millis);
    }

    String issue(String jobId, String technique, String text, long millis)
            throws ExecutionException, InterruptedException {
        return issue(task(jobId, technique, text, millis));
    }

    TaskIssued task(String jobId, String technique, String text, long millis) {
        Map<String, JsonNode> options = Map.of("text", TextNode.valueOf(text), "millis", LongNode.valueOf(millis));
        return new TaskIssued(
                jobId, jobId + "/0", 0, "probe", technique, options, model, null, Map.of(), null, 1, null);
    }

    String issue(TaskIssued task) throws ExecutionException, InterruptedException {
        send(TASKS, task.jobId(), task);
        return task.taskId();
    }

    void cancel(String taskId) throws ExecutionException, InterruptedException {
        var jobId = taskId.substring(0, taskId.indexOf('/'));
        send(Topics.CONTROL, jobId, new TaskCancelled(jobId, taskId));
    }

    void sendRubbish(byte[] value) throws ExecutionException, InterruptedException {
        producer.send(new ProducerRecord<>(TASKS, "nobody", value)).get();
    }

    /** Outcomes of a task, waiting for the first. */
    List<CloudEvent> outcomes(String taskId, Duration limit) throws TimeoutException {
        await(
                limit,
                record -> record.topic().equals(Topics.OUTCOMES) && id(record).equals(taskId + "#outcome"));
        return outcomesSoFar(taskId);
    }

    /** The data of the only outcome of a task. */
    Record outcome(String taskId) throws TimeoutException {
        return outcomes(taskId, Duration.ofSeconds(60)).get(0).data();
    }

    List<CloudEvent> outcomesSoFar(String taskId) {
        return seen.stream()
                .filter(record ->
                        record.topic().equals(Topics.OUTCOMES) && id(record).equals(taskId + "#outcome"))
                .map(ProbeQueue::event)
                .toList();
    }

    /** The first record of a topic that fits. */
    ConsumerRecord<String, byte[]> await(String topic, Predicate<ConsumerRecord<String, byte[]>> fits)
            throws TimeoutException {
        return await(Duration.ofSeconds(60), record -> record.topic().equals(topic) && fits.test(record));
    }

    /** Reads on for a while, so that what should not come has time to come. */
    void listenFor(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            consumer.poll(Duration.ofMillis(100)).forEach(seen::add);
        }
    }

    static CloudEvent event(ConsumerRecord<String, byte[]> record) {
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

    private ConsumerRecord<String, byte[]> await(Duration limit, Predicate<ConsumerRecord<String, byte[]>> fits)
            throws TimeoutException {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            var found = seen.stream().filter(fits).findFirst();
            if (found.isPresent()) {
                return found.get();
            }
            if (System.nanoTime() > end) {
                throw new TimeoutException("not in " + limit + " among " + seen.size() + " records");
            }
            consumer.poll(Duration.ofMillis(20)).forEach(seen::add);
        }
    }

    private static String id(ConsumerRecord<String, byte[]> record) {
        return event(record).id();
    }

    private void send(String topic, String key, Record data) throws ExecutionException, InterruptedException {
        var event = CloudEvent.of(UUID.randomUUID().toString(), "/test", key, Instant.now(), data)
                .inTrace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", null);
        var encoded = CloudEvents.encode(event);
        var record = new ProducerRecord<>(topic, key, encoded.body());
        encoded.headers().forEach(record.headers()::add);
        producer.send(record).get();
    }

    @Override
    public void close() {
        producer.close();
        consumer.close();
    }
}
