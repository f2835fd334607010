package dev.millrace.it.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.artifact.FileArtifactStore;
import dev.millrace.message.TaskSucceeded;
import dev.millrace.message.TopicDefinition;
import dev.millrace.message.Topics;
import dev.millrace.standalone.EmbeddedBroker;
import dev.millrace.worker.TopicSetup;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers in their own processes: one that sleeps past its lock, one that dies. */
class FencingIT {
    private static final Duration LONG = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    @Test
    void aWorkerThatWasPausedPastItsLockTellsNothing() throws Exception {
        try (var broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
                var queue = queue(broker.bootstrapServers())) {
            try (var paused = WorkerProcess.start("paused", broker.bootstrapServers(), directory)) {
                var task = queue.issue("sleep", "", 5_000);
                queue.await(Topics.PROGRESS, record -> record.key().equals(jobId(task)));
                paused.pause();
                try (var other = WorkerProcess.start("other", broker.bootstrapServers(), directory)) {
                    var done = (TaskSucceeded) queue.outcomes(task, LONG).get(0).data();
                    assertThat(done.worker()).isEqualTo("other");
                    assertThat(done.attempt()).isEqualTo(2);
                    assertThat(other.alive()).isTrue();

                    paused.resume();
                    queue.listenFor(Duration.ofSeconds(10));

                    assertThat(queue.outcomesSoFar(task)).hasSize(1);
                    assertThat(paused.alive()).isTrue();
                }
            }
        }
    }

    @Test
    void theTaskOfAWorkerThatDiedIsDoneByAnother() throws Exception {
        try (var broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
                var queue = queue(broker.bootstrapServers())) {
            var task = queue.issue("sleep", "", 3_000);
            try (var dying = WorkerProcess.start("dying", broker.bootstrapServers(), directory)) {
                queue.await(Topics.PROGRESS, record -> record.key().equals(jobId(task)));
                dying.kill();
            }
            try (var other = WorkerProcess.start("other", broker.bootstrapServers(), directory)) {
                var done = (TaskSucceeded) queue.outcomes(task, LONG).get(0).data();
                assertThat(done.worker()).isEqualTo("other");
                assertThat(other.alive()).isTrue();
            }
        }
    }

    private ProbeQueue queue(String bootstrapServers) throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
                var store = FileArtifactStore.open(directory.resolve("artifacts"), List.of())) {
            TopicSetup.createTopics(admin, TopicDefinition.all(List.of("probe")), 1);
            var model = store.put(new ByteArrayInputStream("model".getBytes(StandardCharsets.UTF_8)));
            var queue = new ProbeQueue(bootstrapServers, model);
            queue.listen();
            return queue;
        }
    }

    private static String jobId(String task) {
        return task.substring(0, task.indexOf('/'));
    }
}
