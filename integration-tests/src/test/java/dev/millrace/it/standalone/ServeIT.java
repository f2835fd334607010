package dev.millrace.it.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.DoubleNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CloudEvent;
import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.CompressionRefused;
import dev.millrace.message.Recipe;
import dev.millrace.message.StageStep;
import dev.millrace.message.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** One server, used as a person with the command line and as a program with a plain Kafka client. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ServeIT {
    private static final Duration REFUSAL = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String PRUNE = "pruning:magnitude,sparsity=0.5";

    private static final StageStep PRUNE_STEP =
            new StageStep("pruning", "magnitude", Map.of("sparsity", DoubleNode.valueOf(0.5)));

    @TempDir
    static Path directory;

    private static Cli cli;
    private static Server server;

    @BeforeAll
    static void start() throws Exception {
        cli = new Cli(directory);
        CompressIT.model().write(directory.resolve("tiny.onnx"));
        Files.write(directory.resolve("hostile.onnx"), new byte[] {0x3a, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x07});
        server = startServer();
    }

    @AfterAll
    static void stop() throws Exception {
        server.stop();
    }

    private static Server startServer() throws Exception {
        return Server.start(cli, directory.resolve("server.log"), "--root", directory.toString());
    }

    @Test
    @Order(1)
    void aJobIsSubmittedWatchedAndDownloaded() throws Exception {
        var submitted = cli.run("submit", "tiny.onnx", "--stage", PRUNE, "--name", "first");
        assertThat(submitted.status()).as(submitted.err()).isZero();
        String jobId = submitted.out().strip();

        var watched = cli.run("watch", jobId, "--out", "out");
        assertThat(watched.status()).as(watched.err()).isZero();
        assertThat(watched.out()).contains("non-zero");
        assertThat(directory.resolve("out/model.onnx")).isRegularFile();
        assertThat(directory.resolve("out/report.json")).content().contains(jobId);
        assertThat(cli.run("status").out()).contains(jobId, "completed", "first");
    }

    @Test
    @Order(2)
    void compressUsesAServer() throws Exception {
        var result = cli.run(
                "compress",
                "tiny.onnx",
                "--out",
                "there",
                "--stage",
                PRUNE,
                "--server",
                server.address().toString());

        assertThat(result.status()).as(result.err()).isZero();
        assertThat(directory.resolve("there/model.onnx")).isRegularFile();
    }

    @Test
    @Order(3)
    void aCancelledJobEndsAndTheNextOneRuns() throws Exception {
        String jobId = cli.run("submit", "tiny.onnx", "--stage", PRUNE, "--stage", "evaluation:compare,seconds=600")
                .out()
                .strip();

        assertThat(cli.run("cancel", jobId).status()).isZero();

        var watched = cli.run("watch", jobId);
        assertThat(watched.status()).isEqualTo(1);
        assertThat(watched.err()).contains("was cancelled");
        assertThat(cli.run("compress", "tiny.onnx", "--out", "next", "--stage", PRUNE, "--server", address())
                        .status())
                .isZero();
    }

    @Test
    @Order(3)
    void stoppingTheCommandCancelsItsJob() throws Exception {
        Path err = directory.resolve("stopped.err");
        var command = cli.command(
                        "compress",
                        "tiny.onnx",
                        "--out",
                        "stopped",
                        "--server",
                        address(),
                        "--stage",
                        PRUNE,
                        "--stage",
                        "evaluation:compare,seconds=600")
                .redirectError(err.toFile())
                .start();
        String jobId = Waiting.until(() -> Waiting.line(err, "job "));

        command.destroy();

        assertThat(command.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(cli.run("watch", jobId).err()).contains("was cancelled");
    }

    @Test
    @Order(4)
    void aPlainKafkaClientRequestsAndReadsTheCompletion() throws Exception {
        try (var events = new PlainClient(server.bootstrapServers())) {
            events.publish(request("plain-1", reference("tiny.onnx"), PRUNE_STEP));

            var completed = events.completion("plain-1", PATIENCE);
            assertThat(completed.id()).isEqualTo("plain-1#terminal");
            assertThat(completed.data()).isInstanceOf(CompressionCompleted.class);
        }
    }

    @Test
    @Order(5)
    void requestsThatCannotBeMetAreRefusedInTwoSeconds() throws Exception {
        try (var events = new PlainClient(server.bootstrapServers())) {
            var unknown = new StageStep("pruning", "magnitud", Map.of());
            var refusals = Map.of(
                    request("refused-1", reference("tiny.onnx"), unknown), "UNKNOWN_TECHNIQUE",
                    request("refused-2", reference("missing.onnx"), PRUNE_STEP), "NOT_FOUND");
            for (var refusal : refusals.entrySet()) {
                String jobId = String.valueOf(refusal.getKey().subject());
                Instant sent = Instant.now();
                events.publish(refusal.getKey());

                var refused = events.completion(jobId, PATIENCE);
                assertThat(refused.data()).isInstanceOfSatisfying(CompressionRefused.class, data -> {
                    assertThat(data.problem().code()).isEqualTo(refusal.getValue());
                });
                assertThat(Duration.between(sent, Instant.now())).isLessThan(REFUSAL);
            }
        }
    }

    @Test
    @Order(6)
    void aHostileModelHarmsNobodyElse() throws Exception {
        try (var events = new PlainClient(server.bootstrapServers())) {
            events.publish(request("hostile-1", reference("hostile.onnx"), PRUNE_STEP));

            assertThat(events.completion("hostile-1", PATIENCE).data()).isInstanceOf(CompressionRefused.class);
            assertThat(server.isAlive()).isTrue();
        }
    }

    @Test
    @Order(7)
    void garbageIsADeadLetterWithTheReasonAndTheConsumerGoesOn() throws Exception {
        try (var events = new PlainClient(server.bootstrapServers())) {
            events.publishRaw(Topics.REQUESTS, "garbage", "no event".getBytes(StandardCharsets.UTF_8));

            var letter = events.first(Topics.DEAD_LETTERS, record -> "garbage".equals(record.key()), PATIENCE);
            assertThat(letter.headers()).isNotEmpty();
            events.publish(request("after-garbage", reference("tiny.onnx"), PRUNE_STEP));
            assertThat(events.completion("after-garbage", PATIENCE).data()).isInstanceOf(CompressionCompleted.class);
        }
    }

    @Test
    @Order(8)
    void whatWasAcceptedSurvivesAKill() throws Exception {
        try (var events = new PlainClient(server.bootstrapServers())) {
            events.publish(request(
                    "survivor",
                    reference("tiny.onnx"),
                    new StageStep("pruning", "magnitude", Map.of("sparsity", DoubleNode.valueOf(0.7)))));
        }
        server.kill();

        server = startServer();

        try (var events = new PlainClient(server.bootstrapServers())) {
            assertThat(events.completion("survivor", PATIENCE).data()).isInstanceOf(CompressionCompleted.class);
            assertThat(events.completion("plain-1", PATIENCE).data()).isInstanceOf(CompressionCompleted.class);
        }
        assertThat(cli.run("status", "plain-1").out()).contains("completed");
    }

    @Test
    @Order(9)
    void aSecondServerOnTheSameDataIsRefused() throws Exception {
        var second = cli.run("serve", "--port", "0", "--kafka-port", "0");

        assertThat(second.status()).isEqualTo(2);
        assertThat(second.err()).contains("DATA_DIRECTORY_IN_USE");
    }

    private static String address() {
        return server.address().toString();
    }

    private static ArtifactReference reference(String file) throws Exception {
        return ArtifactReference.of(directory.toRealPath().resolve(file).toUri().toString());
    }

    private static CloudEvent request(String jobId, ArtifactReference model, StageStep step) {
        var request = new Recipe(List.of(step), null, Map.of(), null, 0, null, null).request(model);
        return CloudEvent.of(jobId, "/test", jobId, Instant.now(), request);
    }
}
