package dev.millrace.worker;

import dev.millrace.message.CloudEvent;
import dev.millrace.message.Problem;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.UnreadableEventException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A task as Kafka delivered it.
 *
 * <p>Attempts are counted without a store of our own. Kafka counts deliveries, and every delivery is an attempt: also one
 * whose worker died or was paused past its lock, so a task that kills its workers ends. A worker that is told to stop must
 * not use up an attempt, but Kafka counts a released record as delivered, and archives it after a few deliveries. So such a
 * task is issued again, with the number of attempts that it has really used in the header {@value #USED_ATTEMPTS}, and the
 * delivered record is accepted: the count of Kafka starts anew, however many workers are replaced while the task waits.
 * Dying between the two steps leaves the task twice in the topic; its outcome has one id and counts once.
 */
record Delivery(ConsumerRecord<String, byte[]> record, CloudEvent event, TaskIssued task, int attempt) {
    static final String USED_ATTEMPTS = "millrace_attempts";

    /** @throws UnreadableEventException if the record is no task of this stage */
    static Delivery of(ConsumerRecord<String, byte[]> record, String stage, int deliveries)
            throws UnreadableEventException {
        var event = KafkaClients.event(record);
        if (!(event.data() instanceof TaskIssued task) || !task.stage().equals(stage)) {
            throw new UnreadableEventException(
                    new Problem("WRONG_TOPIC", record.topic(), event.type().type(), "tasks of stage " + stage));
        }
        return new Delivery(record, event, task, used(record) + deliveries);
    }

    /** Whether somebody may have worked on the task before. */
    boolean isRepeated() {
        return attempt > 1 || record.headers().lastHeader(USED_ATTEMPTS) != null;
    }

    /** Headers of the same task when this delivery shall not count. */
    Map<String, String> withoutThisAttempt() {
        return Map.of(USED_ATTEMPTS, Integer.toString(attempt - 1));
    }

    private static int used(ConsumerRecord<String, byte[]> record) {
        var header = record.headers().lastHeader(USED_ATTEMPTS);
        return header == null ? 0 : Integer.parseInt(new String(header.value(), StandardCharsets.UTF_8));
    }
}
