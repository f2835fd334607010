package dev.millrace.orchestrator;

import static dev.millrace.orchestrator.Jobs.ID;
import static dev.millrace.orchestrator.Jobs.PRUNED;
import static dev.millrace.orchestrator.Jobs.made;
import static dev.millrace.orchestrator.Jobs.measured;
import static dev.millrace.orchestrator.Jobs.registered;
import static dev.millrace.orchestrator.Jobs.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.millrace.message.CloudEvent;
import dev.millrace.message.CloudEvents;
import dev.millrace.message.CompressionCancelled;
import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.CompressionRefused;
import dev.millrace.message.JobChanged;
import dev.millrace.message.Problem;
import dev.millrace.message.TaskCancelled;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskRefused;
import dev.millrace.message.Topics;
import dev.millrace.message.UnreadableEventException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobTopologyTest {
    private static final Instant START = Instant.parse("2026-11-25T00:00:00Z");
    private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @TempDir
    Path directory;

    private TopologyTestDriver driver;

    @BeforeEach
    void start() throws IOException {
        var topology = JobTopology.of(new JobMachine(Jobs.STAGES), Duration.ofHours(1), new JobMetrics(registry));
        var settings = StreamsSettings.of(Map.of("bootstrap.servers", "127.0.0.1:1"), directory);
        driver = new TopologyTestDriver(topology, settings, START);
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    @Test
    void sendsTaskAndSnapshotOfANewJobInTheTraceOfItsRequest() throws UnreadableEventException {
        send(Topics.REQUESTS, ID, request(null, "pruning:magnitude"));

        var task = one(Topics.tasks("pruning"));
        assertThat(task.id()).isEqualTo("job-1/0");
        assertThat(task.traceparent()).isEqualTo(TRACE);
        assertThat(task.time()).isEqualTo(START);
        assertThat(task.data()).isInstanceOf(TaskIssued.class);
        var snapshot = one(Topics.JOBS);
        assertThat(snapshot.traceparent()).isEqualTo(TRACE);
        assertThat(((JobChanged) snapshot.data()).task()).isEqualTo(task.data());
        assertThat(registry.get("millrace.orchestrator.jobs.running").gauge().value())
                .isEqualTo(1);
    }

    @Test
    void completesAJobWithOneTerminalEvent() throws UnreadableEventException {
        send(Topics.REQUESTS, ID, request(null, "pruning:magnitude"));
        var pruning = (TaskIssued) one(Topics.tasks("pruning")).data();
        send(Topics.OUTCOMES, ID, made(pruning, PRUNED));
        send(Topics.OUTCOMES, ID, made(pruning, PRUNED));
        var evaluation = (TaskIssued) one(Topics.tasks("evaluation")).data();
        send(Topics.OUTCOMES, ID, measured(evaluation, 0.95, 1));
        send(Topics.OUTCOMES, ID, measured(evaluation, 0.95, 1));

        var completed = one(Topics.COMPLETED);
        assertThat(completed.id()).isEqualTo("job-1#terminal");
        assertThat(completed.data()).isInstanceOf(CompressionCompleted.class);
        assertThat(read(Topics.JOBS))
                .extracting(record -> event(record).id())
                .containsExactly("job-1#0-running", "job-1#1-running", "job-1#2-completed");
        assertThat(registry.get("millrace.orchestrator.jobs.running").gauge().value())
                .isZero();
        assertThat(registry.get("millrace.orchestrator.ignored").counter().count())
                .isEqualTo(2);
    }

    @Test
    void validatesAgainstTheStagesThatAnnouncedThemselves() throws UnreadableEventException {
        send(Topics.CATALOGUE, "distillation", registered("distillation", "hints"));
        send(Topics.REQUESTS, "good", request(null, "distillation:hints"));
        send(Topics.REQUESTS, "bad", request(null, "distillation:hint"));

        assertThat(one(Topics.tasks("distillation")).subject()).isEqualTo("good");
        var refused = (CompressionRefused) one(Topics.COMPLETED).data();
        assertThat(refused.jobId()).isEqualTo("bad");
        assertThat(refused.problem().allowed()).isEqualTo("did you mean 'hints'? known: hints");
    }

    @Test
    void tellsWorkersWhenAJobIsCancelled() throws UnreadableEventException {
        send(Topics.REQUESTS, ID, request(null, "pruning:magnitude"));
        send(Topics.REQUESTS, ID, new CompressionCancelled(ID, null));
        assertThat(one(Topics.CONTROL).data()).isEqualTo(new TaskCancelled(ID, "job-1/0"));
        assertThat(one(Topics.COMPLETED).data()).isEqualTo(new CompressionCancelled(ID, null));
    }

    @Test
    void putsAsideWhatIsNoRequestAndGoesOn() throws UnreadableEventException {
        sendRaw(ID, "{not json".getBytes(StandardCharsets.UTF_8));
        sendRaw("../etc", new byte[0]);
        sendRaw(null, "{}".getBytes(StandardCharsets.UTF_8));
        sendRaw(ID, null);
        send(
                Topics.OUTCOMES,
                "nobody",
                new TaskRefused("nobody", "nobody/0", 0, "pruning", new Problem("X", "", "", "")));
        send(Topics.REQUESTS, ID, request(null, "pruning:magnitude"));
        send(Topics.REQUESTS, ID, request(null, "quantization:dynamic"));

        assertThat(read(Topics.DEAD_LETTERS))
                .extracting(letter -> header(letter, "dead-letter-code"), letter -> header(letter, "dead-letter-topic"))
                .containsExactly(
                        tuple("NOT_JSON", Topics.REQUESTS),
                        tuple("BAD_JOB_ID", Topics.REQUESTS),
                        tuple("NO_KEY", Topics.REQUESTS),
                        tuple("NO_DATA", Topics.REQUESTS),
                        tuple("UNKNOWN_JOB", Topics.OUTCOMES),
                        tuple("JOB_ID_TAKEN", Topics.REQUESTS));
        assertThat(one(Topics.tasks("pruning")).subject()).isEqualTo(ID);
    }

    @Test
    void keepsDeadLettersSmallerThanARecordMayBe() {
        sendRaw(ID, new byte[Outbox.MAX_LETTER_BYTES + 1]);
        var letter = read(Topics.DEAD_LETTERS).get(0);
        assertThat(letter.value()).isNull();
        assertThat(header(letter, "dead-letter-offset")).isEqualTo("0");
    }

    @Test
    void forgetsEndedJobsAfterTheRetentionTimeAndKeepsRunningOnes() throws UnreadableEventException {
        send(Topics.REQUESTS, "ended", request(null, "nonsense:x"));
        send(Topics.REQUESTS, "running", request(null, "pruning:magnitude"));
        read(Topics.JOBS);
        driver.advanceWallClockTime(Duration.ofMinutes(59));
        assertThat(read(Topics.JOBS)).isEmpty();

        driver.advanceWallClockTime(Duration.ofMinutes(2));
        assertThat(read(Topics.JOBS)).singleElement().satisfies(tombstone -> {
            assertThat(tombstone.key()).isEqualTo("ended");
            assertThat(tombstone.value()).isNull();
        });
        assertThat(driver.getKeyValueStore(JobStore.JOBS).get("ended")).isNull();
        assertThat(driver.getKeyValueStore(JobStore.JOBS).get("running")).isNotNull();
    }

    private void send(String topic, String key, Record data) {
        var event = CloudEvent.of("id-" + key, "/test", key, START, data).inTrace(TRACE, null);
        var encoded = CloudEvents.encode(event);
        var headers = new RecordHeaders();
        encoded.headers().forEach(headers::add);
        driver.createInputTopic(topic, new StringSerializer(), new ByteArraySerializer())
                .pipeInput(new TestRecord<>(key, encoded.body(), headers, START));
    }

    private void sendRaw(@Nullable String key, byte @Nullable [] value) {
        driver.createInputTopic(Topics.REQUESTS, new StringSerializer(), new ByteArraySerializer())
                .pipeInput(new TestRecord<>(key, value, new RecordHeaders(), START));
    }

    private List<TestRecord<String, byte[]>> read(String topic) {
        return driver.createOutputTopic(topic, new StringDeserializer(), new ByteArrayDeserializer())
                .readRecordsToList();
    }

    private CloudEvent one(String topic) throws UnreadableEventException {
        var records = read(topic);
        assertThat(records).hasSize(1);
        return CloudEvents.decode(
                new EventHeaders(records.get(0).headers()), records.get(0).value());
    }

    private static CloudEvent event(TestRecord<String, byte[]> record) {
        try {
            return CloudEvents.decode(new EventHeaders(record.headers()), record.value());
        } catch (UnreadableEventException e) {
            throw new AssertionError(e);
        }
    }

    private static String header(TestRecord<String, byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
