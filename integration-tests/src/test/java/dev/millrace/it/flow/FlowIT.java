package dev.millrace.it.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CloudEvent;
import dev.millrace.message.CompressionCancelled;
import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.CompressionRefused;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import dev.millrace.message.Json;
import dev.millrace.message.StageStep;
import dev.millrace.message.TaskCancelled;
import dev.millrace.message.Topics;
import dev.millrace.standalone.EmbeddedBroker;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FlowIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private EmbeddedBroker broker;
    private Bus bus;
    private ServiceProcess orchestrator;
    private ServiceProcess gateway;
    private String server;
    private Path directory;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException, InterruptedException {
        this.directory = directory;
        broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        orchestrator = startOrchestrator();
        gateway = startGateway();
        server = gateway.address();
        gateway.awaitReady();
        orchestrator.awaitReady();
        bus = new Bus(broker.bootstrapServers());
    }

    @AfterAll
    void stop() throws IOException {
        bus.close();
        gateway.close();
        orchestrator.close();
        broker.close();
    }

    @Test
    void carriesAJobFromHttpToItsCompletedEvent() throws Exception {
        try (var worker = new ScriptedWorker(bus);
                var completed = bus.read(Topics.COMPLETED)) {
            assertThat(submit("over-http", request("quantization")).statusCode())
                    .isEqualTo(202);
            var watched = http.send(to("/v1/jobs/over-http/events").build(), HttpResponse.BodyHandlers.ofString());

            assertThat(watched.headers().firstValue("content-type").orElse("")).startsWith("text/event-stream");
            assertThat(watched.body()).contains("event:job", "event:progress", "\"state\":\"completed\"");
            var event = completed.await(of("over-http"));
            assertThat(event.id()).isEqualTo("over-http#terminal");
            assertThat(((CompressionCompleted) event.data()).objectiveMet()).isTrue();
            assertThat(worker.seen()).contains("over-http/0", "over-http/1");

            String lastEventId = watched.body()
                    .lines()
                    .filter(line -> line.startsWith("id:"))
                    .reduce("", (before, line) -> line.substring(3));
            var again = http.send(
                    to("/v1/jobs/over-http/events")
                            .header("Last-Event-ID", lastEventId)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(again.body()).contains("\"state\":\"completed\"").doesNotContain("event:progress");
        }
    }

    @Test
    void acceptsARepeatedRequestAndRefusesAnotherUnderItsKey() throws Exception {
        assertThat(submit("twice", request("quantization")).statusCode()).isEqualTo(202);
        assertThat(submit("twice", request("quantization")).statusCode()).isEqualTo(202);
        assertThat(submit("twice", request("evaluation")).statusCode()).isEqualTo(409);
        try (var tasks = bus.read(Topics.tasks("quantization"))) {
            tasks.await(of("twice"));
            assertThat(tasks.events(Duration.ofSeconds(1))).noneMatch(of("twice"));
        }
    }

    @Test
    void cancelsAJobAndTellsItsWorker() throws Exception {
        submit("unwanted", request("pruning"));
        try (var tasks = bus.read(Topics.tasks("pruning"));
                var control = bus.read(Topics.CONTROL);
                var completed = bus.read(Topics.COMPLETED)) {
            tasks.await(of("unwanted"));
            assertThat(send(to("/v1/jobs/unwanted?reason=test").DELETE()).statusCode())
                    .isEqualTo(202);
            assertThat(control.await(of("unwanted")).data()).isEqualTo(new TaskCancelled("unwanted", "unwanted/0"));
            assertThat(completed.await(of("unwanted")).data()).isEqualTo(new CompressionCancelled("unwanted", "test"));
            assertThat(awaitState("unwanted", JobState.CANCELLED).problem()).isNull();
            assertThat(send(to("/v1/jobs/unwanted").DELETE()).statusCode()).isEqualTo(204);
        }
    }

    @Test
    void refusesWithinTwoSecondsAndGoesOnAfterPoison() throws Exception {
        bus.sendRaw(Topics.REQUESTS, "poison", "\u0000not json");
        long start = System.nanoTime();
        bus.send(Topics.REQUESTS, "misspelled", request("quantisation"));
        try (var completed = bus.read(Topics.COMPLETED);
                var letters = bus.read(Topics.DEAD_LETTERS)) {
            var refused = (CompressionRefused) completed.await(of("misspelled")).data();
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(2));
            assertThat(refused.problem().code()).isEqualTo("UNKNOWN_STAGE");
            assertThat(refused.problem().allowed()).startsWith("did you mean 'quantization'?");
            var letter = letters.records(SOON).get(0);
            assertThat(letter.key()).isEqualTo("poison");
            assertThat(new String(
                            letter.headers().lastHeader("dead-letter-code").value(), StandardCharsets.UTF_8))
                    .isEqualTo("NOT_JSON");
        }
    }

    @Test
    void issuesTheFirstTaskSoon() throws Exception {
        var latencies = new ArrayList<Double>();
        try (var tasks = bus.read(Topics.tasks("pruning"))) {
            for (int i = 0; i < 60; i++) {
                String id = "soon-" + i;
                long start = System.nanoTime();
                bus.send(Topics.REQUESTS, id, request("pruning"));
                tasks.await(of(id));
                latencies.add((System.nanoTime() - start) / 1e6);
            }
        }
        var sorted = latencies.stream().skip(10).sorted().toList();
        System.out.printf(
                "request to task: p50 %.1f ms, p90 %.1f ms, max %.1f ms%n",
                sorted.get(25), sorted.get(45), sorted.get(49));
        assertThat(sorted.get(25))
                .as("median of 50, on a machine that may be busy")
                .isLessThan(500);
    }

    @Test
    void endsEveryJobExactlyOnceThoughTheOrchestratorIsKilled() throws Exception {
        int jobs = 60;
        try (var worker = new ScriptedWorker(bus)) {
            for (int kill = 0; kill < 3; kill++) {
                for (int i = 0; i < jobs / 3; i++) {
                    String id = "killed-" + (kill * jobs / 3 + i);
                    bus.send(Topics.REQUESTS, id, request("quantization"));
                }
                orchestrator.kill();
                orchestrator = startOrchestrator();
                long start = System.nanoTime();
                orchestrator.awaitReady();
                System.out.printf("ready %.1f s after the kill%n", (System.nanoTime() - start) / 1e9);
            }
            var terminals = terminals("killed-", jobs);
            assertThat(terminals.keySet())
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(0, jobs)
                            .mapToObj(i -> "killed-" + i)
                            .toList());
            assertThat(terminals.values()).containsOnly(1);
            assertThat(worker.seen())
                    .filteredOn(task -> task.startsWith("killed-"))
                    .hasSize(2 * jobs);
        }
    }

    @Test
    void showsEarlierJobsAfterARestartOfTheGateway() throws Exception {
        submit("remembered", request("pruning"));
        try (var jobs = bus.read(Topics.JOBS)) {
            jobs.await(of("remembered"));
        }
        try (var second = startGateway()) {
            second.awaitReady();
            var answer = http.send(
                    HttpRequest.newBuilder(URI.create(second.address() + "/v1/jobs/remembered"))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            assertThat(Json.read(answer.body(), JobChanged.class).request()).isEqualTo(request("pruning"));
        }
    }

    private ServiceProcess startOrchestrator() throws IOException {
        return ServiceProcess.start("orchestrator", directory, settings());
    }

    private ServiceProcess startGateway() throws IOException {
        return ServiceProcess.start("gateway", directory, settings());
    }

    private Map<String, String> settings() {
        return Map.of(
                "kafka.bootstrap.servers",
                broker.bootstrapServers(),
                "millrace.data-dir",
                directory.resolve("data").toString());
    }

    /** Terminal events by job, until there are enough and half a second of silence more. */
    private Map<String, Integer> terminals(String prefix, int enough) {
        var found = new HashMap<String, Integer>();
        long deadline = System.nanoTime() + SOON.toNanos();
        try (var completed = bus.read(Topics.COMPLETED)) {
            while (System.nanoTime() < deadline) {
                var events = completed.events(Duration.ofMillis(500));
                events.stream()
                        .map(event -> String.valueOf(event.subject()))
                        .filter(job -> job.startsWith(prefix))
                        .forEach(job -> found.merge(job, 1, Integer::sum));
                if (events.isEmpty() && found.size() >= enough) {
                    return found;
                }
            }
        }
        return found;
    }

    private JobChanged awaitState(String jobId, JobState state) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + SOON.toNanos();
        JobChanged job = job(jobId);
        while (job.state() != state && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(50);
            job = job(jobId);
        }
        assertThat(job.state()).isEqualTo(state);
        return job;
    }

    private JobChanged job(String jobId) throws IOException, InterruptedException {
        var answer = http.send(to("/v1/jobs/" + jobId).build(), HttpResponse.BodyHandlers.ofByteArray());
        return Json.read(answer.body(), JobChanged.class);
    }

    private HttpResponse<String> submit(String key, CompressionRequested request)
            throws IOException, InterruptedException {
        return send(to("/v1/jobs")
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.write(request))));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(server + path)).timeout(SOON);
    }

    private static Predicate<CloudEvent> of(String jobId) {
        return event -> jobId.equals(event.subject());
    }

    private static CompressionRequested request(String stage) {
        return new CompressionRequested(
                ArtifactReference.of("file:/models/a.onnx"),
                Map.of(),
                List.of(new StageStep(stage, "anything", Map.of())),
                null,
                null,
                0,
                null,
                null);
    }
}
