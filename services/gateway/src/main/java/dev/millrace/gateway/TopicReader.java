package dev.millrace.gateway;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads a whole topic, every partition from its beginning, and stays at its end; on one thread, which calls the handler.
 * Waits for the cluster and the topic as long as it takes, and starts again after a failure: handlers see records again.
 */
final class TopicReader {
    private static final Logger LOG = Logger.getLogger(TopicReader.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final long RETRY_MILLIS = 500;
    private static final long LOOK_FOR_PARTITIONS_NANOS = Duration.ofSeconds(30).toNanos();

    private final String topic;
    private final Supplier<Map<String, Object>> kafka;
    private final Consumer<ConsumerRecord<String, byte[]>> handler;
    private final Thread thread;
    private volatile boolean stopping;
    private volatile boolean caughtUp;
    private volatile @Nullable KafkaConsumer<String, byte[]> consumer;

    /** @param kafka settings of every client; asked again before each try */
    TopicReader(String topic, Supplier<Map<String, Object>> kafka, Consumer<ConsumerRecord<String, byte[]>> handler) {
        this.topic = topic;
        this.kafka = kafka;
        this.handler = handler;
        this.thread = new Thread(this::readForever, "gateway-reads-" + topic);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Whether everything that was in the topic at the start has been handled. */
    boolean caughtUp() {
        return caughtUp;
    }

    void stop() throws InterruptedException {
        stopping = true;
        var reading = consumer;
        if (reading != null) {
            reading.wakeup();
        } else {
            thread.interrupt(); // an open consumer would log the interrupt as an error
        }
        thread.join(TimeUnit.SECONDS.toMillis(5));
    }

    private void readForever() {
        while (!stopping) {
            try (var reading = open()) {
                consumer = reading;
                read(reading);
            } catch (WakeupException | InterruptException e) {
                LOG.debugf("Reading of %s is interrupted", topic);
            } catch (KafkaException e) {
                LOG.warnf("Cannot read %s, trying again: %s", topic, e.getMessage());
            }
            pause();
        }
    }

    private void read(KafkaConsumer<String, byte[]> reading) {
        Set<TopicPartition> assigned = new HashSet<>();
        Map<TopicPartition, Long> ends = Map.of();
        long nextLook = System.nanoTime();
        while (!stopping) {
            if (System.nanoTime() - nextLook >= 0) {
                ends = addPartitions(reading, assigned, ends);
                nextLook = System.nanoTime() + (assigned.isEmpty() ? 0 : LOOK_FOR_PARTITIONS_NANOS);
            }
            if (assigned.isEmpty()) {
                pause();
                continue;
            }
            reading.poll(POLL).forEach(this::handle);
            caughtUp = caughtUp || reached(reading, ends);
        }
    }

    private Map<TopicPartition, Long> addPartitions(
            KafkaConsumer<String, byte[]> reading, Set<TopicPartition> assigned, Map<TopicPartition, Long> ends) {
        var added = reading.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .filter(partition -> !assigned.contains(partition))
                .collect(Collectors.toSet());
        if (added.isEmpty()) {
            return ends;
        }
        assigned.addAll(added);
        reading.assign(assigned);
        reading.seekToBeginning(added);
        return ends.isEmpty() ? reading.endOffsets(List.copyOf(assigned)) : ends;
    }

    private static boolean reached(KafkaConsumer<String, byte[]> reading, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> reading.position(end.getKey()) >= end.getValue());
    }

    private void handle(ConsumerRecord<String, byte[]> record) {
        try {
            handler.accept(record);
        } catch (RuntimeException e) { // one record must not stop the view
            LOG.errorf(e, "Record %d of %s-%d is skipped", record.offset(), topic, record.partition());
        }
    }

    private KafkaConsumer<String, byte[]> open() {
        var settings = new HashMap<>(kafka.get());
        settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
