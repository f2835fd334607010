package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockShareConsumer;
import org.junit.jupiter.api.Test;

class TaskQueueTest {
    private static final String TOPIC = "millrace.tasks.probe";

    /** Delivers a record again when its lock is renewed, as a broker does. */
    private static final class Consumer extends MockShareConsumer<String, byte[]> {
        private final Map<Long, AcknowledgeType> answers = new HashMap<>();

        @Override
        public synchronized void acknowledge(ConsumerRecord<String, byte[]> record, AcknowledgeType type) {
            answers.put(record.offset(), type);
            if (type == AcknowledgeType.RENEW) {
                addRecord(record);
            }
        }
    }

    private final Consumer consumer = new Consumer();
    private final TaskQueue queue = new TaskQueue(consumer, TOPIC, Duration.ofSeconds(30));

    @Test
    void aTaskThatWasLockedBesideTheOneAtWorkIsHandedBackWithinASecond() throws Exception {
        consumer.addRecord(record(1));
        var lease = queue.take(Duration.ofSeconds(1)).orElseThrow();
        consumer.addRecord(record(2)); // the answer to a question that was still out
        var handedBack = new ArrayList<Long>();

        assertThat(lease.renewal()).isLessThanOrEqualTo(Duration.ofSeconds(1));
        assertThat(lease.renew(record -> handedBack.add(record.offset()))).isTrue();

        assertThat(handedBack).isEqualTo(List.of(2L));
        assertThat(consumer.answers).containsEntry(1L, AcknowledgeType.RENEW).containsEntry(2L, AcknowledgeType.ACCEPT);
        assertThat(lease.renewal()).isEqualTo(Duration.ofSeconds(10));
        assertThat(lease.accept()).isTrue();
    }

    private static ConsumerRecord<String, byte[]> record(long offset) {
        return new ConsumerRecord<>(TOPIC, 0, offset, "job", new byte[0]);
    }
}
