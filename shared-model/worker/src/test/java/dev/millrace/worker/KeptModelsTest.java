package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CloudEvent;
import dev.millrace.message.CloudEvents;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import dev.millrace.message.LineageStep;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.SearchProgress;
import dev.millrace.message.Topics;
import dev.millrace.message.Trial;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeptModelsTest {
    private static final TopicPartition JOBS = new TopicPartition(Topics.JOBS, 0);
    private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");

    @Test
    void aRunningJobNeedsAllThatItNames() {
        assertThat(KeptModels.of(job(JobState.RUNNING, null))).containsExactlyInAnyOrder(uri('a'), uri('b'), uri('c'));
    }

    @Test
    void anEndedJobNeedsItsModelItsResultAndItsFront() {
        var front = trial(0, 'd');
        var other = trial(1, 'e');
        var plan = new SearchPlan(null, List.of(), List.of(), "parts", 2, null, null, 1, null);
        var search = new SearchProgress(plan, null, 0, NOW, List.of(front, other), List.of(0), 0, "all");

        assertThat(KeptModels.of(job(JobState.COMPLETED, search)))
                .containsExactlyInAnyOrder(uri('a'), uri('c'), uri('d'));
    }

    @Test
    void theLastSnapshotOfAJobCountsAndForgottenJobsDoNot() throws Exception {
        try (var reader = new MockConsumer<String, byte[]>("earliest")) {
            reader.updatePartitions(
                    Topics.JOBS, List.of(new PartitionInfo(Topics.JOBS, 0, Node.noNode(), new Node[0], new Node[0])));
            reader.updateBeginningOffsets(Map.of(JOBS, 0L));
            reader.updateEndOffsets(Map.of(JOBS, 4L));
            reader.schedulePollTask(() -> {
                reader.addRecord(record(0, "one", job(JobState.RUNNING, null)));
                reader.addRecord(record(1, "two", job(JobState.RUNNING, null)));
                reader.addRecord(record(2, "one", job(JobState.COMPLETED, null)));
                reader.addRecord(record(3, "two", null));
            });

            assertThat(KeptModels.read(reader)).containsExactlyInAnyOrder(uri('a'), uri('c'));
        }
    }

    /** Asked for a, made b, and the best is c. */
    private static JobChanged job(JobState state, @Nullable SearchProgress search) {
        var request = new CompressionRequested(model('a'), Map.of(), List.of(), null, null, 0, null, null);
        var step = new LineageStep(
                0, "pruning", "magnitude", Map.of(), model('a'), model('b'), 0, Map.of(), 1, false, Map.of());
        return new JobChanged(
                "one",
                state,
                request,
                null,
                List.of(step),
                model('c'),
                null,
                null,
                null,
                NOW,
                NOW.plus(Duration.ofSeconds(1)),
                List.of(),
                List.of(),
                search);
    }

    private static Trial trial(int number, char model) {
        return new Trial(number, Map.of(), 0, Trial.State.DONE, Map.of("ratio", 0.5), List.of(), model(model), null);
    }

    private static ConsumerRecord<String, byte[]> record(long offset, String key, @Nullable JobChanged job) {
        if (job == null) {
            return new ConsumerRecord<>(Topics.JOBS, 0, offset, key, null);
        }
        var event = CloudEvent.of(key + offset, "/millrace/orchestrator", key, NOW, job);
        var encoded = CloudEvents.encode(event);
        var record = new ConsumerRecord<String, byte[]>(Topics.JOBS, 0, offset, key, encoded.body());
        encoded.headers().forEach((name, value) -> record.headers().add(name, value));
        return record;
    }

    private static ArtifactReference model(char digit) {
        return new ArtifactReference(uri(digit), String.valueOf(digit).repeat(64), 1L, List.of());
    }

    private static String uri(char digit) {
        return "millrace:sha256/" + String.valueOf(digit).repeat(64);
    }
}
