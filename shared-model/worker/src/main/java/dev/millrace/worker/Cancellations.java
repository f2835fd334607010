package dev.millrace.worker;

import dev.millrace.message.TaskCancelled;
import dev.millrace.message.Topics;
import dev.millrace.message.UnreadableEventException;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Tasks that nobody wants any more, as the control topic says. Reads the topic from its start, so that a worker that comes
 * later does not begin what was cancelled before; remembers the last {@value #REMEMBERED}.
 */
final class Cancellations {
    private static final Logger LOG = Logger.getLogger(Cancellations.class);
    private static final int REMEMBERED = 100_000;
    private static final Duration POLL = Duration.ofMillis(500);

    private final KafkaClients clients;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Map<String, Runnable> running = new ConcurrentHashMap<>();
    private final Set<String> cancelled =
            Collections.synchronizedSet(Collections.newSetFromMap(new LinkedHashMap<String, Boolean>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                    return size() > REMEMBERED;
                }
            }));

    Cancellations(KafkaClients clients) {
        this.clients = clients;
    }

    boolean contains(String taskId) {
        return cancelled.contains(taskId);
    }

    /** Runs {@code stop} when the task is cancelled, at once if it already is. */
    void watch(String taskId, Runnable stop) {
        running.put(taskId, stop);
        if (contains(taskId)) {
            stop.run();
        }
    }

    void forget(String taskId) {
        running.remove(taskId);
    }

    /** Reads the control topic until {@link #stop}; starts again from the beginning when Kafka fails. */
    void listen() {
        while (!stopped.get()) {
            try (var consumer = clients.reader()) {
                read(consumer);
            } catch (KafkaException e) {
                LOG.warnf("cannot read %s, trying again: %s", Topics.CONTROL, e.getMessage());
                Pause.briefly();
            }
        }
    }

    void stop() {
        stopped.set(true);
    }

    void cancel(String taskId) {
        cancelled.add(taskId);
        var stop = running.get(taskId);
        if (stop != null) {
            LOG.infof("task %s is cancelled", taskId);
            stop.run();
        }
    }

    private void read(KafkaConsumer<String, byte[]> consumer) {
        var partitions = consumer.partitionsFor(Topics.CONTROL).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        while (!stopped.get()) {
            consumer.poll(POLL).forEach(this::heard);
        }
    }

    private void heard(ConsumerRecord<String, byte[]> record) {
        try {
            if (KafkaClients.event(record).data() instanceof TaskCancelled task) {
                cancel(task.taskId());
            }
        } catch (UnreadableEventException e) {
            LOG.warnf("%s offset %d: %s", record.topic(), record.offset(), e.getMessage());
        }
    }
}
