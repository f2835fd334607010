package dev.millrace.worker;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * The tasks of one stage as a queue: a member of the share group {@code millrace.<stage>} that holds one task at a time. Kafka
 * gives a task to another worker when its lock runs out. Belongs to one thread.
 */
final class TaskQueue implements AutoCloseable {
    /**
     * A poll asks the broker once. With transactional records the answer may hold nothing but the mark of the transaction
     * before, and the poll would wait to its end while the next task is there, so it must be short.
     */
    private static final Duration POLL = Duration.ofMillis(100);

    /**
     * How long the broker may take to answer: less than a poll. A question that is still out when a task comes is asked
     * again in the background, and the answer locks a second task.
     */
    private static final int ANSWER_MILLIS = 40;

    /** A task that was locked beside the one that is worked on is found when that is renewed, so the first time is soon. */
    private static final Duration FIRST_RENEWAL = Duration.ofSeconds(1);

    /** Who takes a task that was delivered though nobody asked for it. */
    @FunctionalInterface
    interface Surplus {
        /** Sees to it that somebody works on it; it is taken off the queue afterwards. */
        void handBack(ConsumerRecord<String, byte[]> record) throws InterruptedException;
    }

    private final ShareConsumer<String, byte[]> consumer;
    private final Duration lock;

    /** @param lock how long a delivered task is ours without renewal, as the group is configured */
    static TaskQueue open(Map<String, Object> client, String topic, String group, Duration lock) {
        var config = new HashMap<>(client);
        config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        config.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
        config.put(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
        config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
        config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, ANSWER_MILLIS);
        config.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, Integer.MAX_VALUE); // a full process does not ask
        return new TaskQueue(
                new KafkaShareConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer()), topic, lock);
    }

    TaskQueue(ShareConsumer<String, byte[]> consumer, String topic, Duration lock) {
        this.consumer = consumer;
        this.lock = lock;
        consumer.subscribe(List.of(topic));
    }

    /** The next task; waits for one. */
    Optional<Lease> take(Duration wait) {
        long deadline = System.nanoTime() + wait.toNanos();
        while (System.nanoTime() - deadline < 0) {
            for (var record : consumer.poll(POLL)) {
                return Optional.of(new Lease(record));
            }
        }
        return Optional.empty();
    }

    /** Makes a waiting {@link #take} throw {@link org.apache.kafka.common.errors.WakeupException}; from any thread. */
    void wakeUp() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        consumer.close(Duration.ofSeconds(2));
    }

    /** A delivered task and its lock. */
    final class Lease {
        private ConsumerRecord<String, byte[]> record;
        private long renewedAt = System.nanoTime();
        private boolean renewed;

        private Lease(ConsumerRecord<String, byte[]> record) {
            this.record = record;
        }

        ConsumerRecord<String, byte[]> record() {
            return record;
        }

        /** How often Kafka has delivered the record, this time included. */
        int deliveries() {
            return record.deliveryCount().map(Short::intValue).orElse(1);
        }

        /** How long the work may go on before the lock has to be renewed. */
        Duration renewal() {
            var usual = lock.dividedBy(3);
            return renewed || usual.compareTo(FIRST_RENEWAL) < 0 ? usual : FIRST_RENEWAL;
        }

        /**
         * Whether the task is ours for sure. The clock goes on while a process is paused, so a worker that wakes up late knows
         * without asking.
         */
        boolean held() {
            return System.nanoTime() - renewedAt < lock.toNanos();
        }

        /**
         * Takes the lock for another period; false if the task is no longer ours. Does not ask Kafka when the lock has run
         * out: a task that somebody else has finished meanwhile is renewed without complaint.
         *
         * @param surplus gets what has come beside the task
         */
        boolean renew(Surplus surplus) throws InterruptedException {
            if (!held()) {
                return false;
            }
            long asked = System.nanoTime();
            if (!acknowledge(AcknowledgeType.RENEW)) {
                return false;
            }
            while (System.nanoTime() - asked < lock.dividedBy(3).toNanos()) {
                boolean found = false;
                for (var again : consumer.poll(POLL)) {
                    if (again.offset() == record.offset() && again.partition() == record.partition()) {
                        record = again;
                        found = true;
                    } else {
                        surplus.handBack(again);
                        consumer.acknowledge(again, AcknowledgeType.ACCEPT);
                    }
                }
                if (found) {
                    renewed = true;
                    renewedAt = asked;
                    return true;
                }
            }
            return false;
        }

        /** The task is done; false if Kafka did not take the answer and will deliver it again. */
        boolean accept() {
            return acknowledge(AcknowledgeType.ACCEPT);
        }

        /** Somebody else may have the task now; false if Kafka did not take the answer, then the lock has to run out. */
        boolean release() {
            return acknowledge(AcknowledgeType.RELEASE);
        }

        private boolean acknowledge(AcknowledgeType type) {
            try {
                consumer.acknowledge(record, type);
                return consumer.commitSync(lock).values().stream().allMatch(Optional::isEmpty);
            } catch (KafkaException | IllegalStateException e) { // broker away, or the lock was lost before we asked
                return false;
            }
        }
    }
}
