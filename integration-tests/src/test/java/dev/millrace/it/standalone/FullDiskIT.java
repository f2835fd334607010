package dev.millrace.it.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.DoubleNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CloudEvent;
import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.CompressionFailed;
import dev.millrace.message.Recipe;
import dev.millrace.message.StageStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose artifact store lies on a small disk of its own. */
class FullDiskIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    @Test
    void aFullDiskFailsTheJobLeavesNothingAndIsForgottenWhenThereIsRoom() throws Exception {
        Path disk = Files.createDirectories(directory.resolve("home/artifacts"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()), "mounting needs root");
        try {
            CompressIT.model().write(directory.resolve("tiny.onnx"));
            var server =
                    Server.start(new Cli(directory), directory.resolve("server.log"), "--root", directory.toString());
            try (var events = new PlainClient(server.bootstrapServers())) {
                fill(disk.resolve("ballast"));
                var before = files(disk);
                events.publish(request("too-much"));
                var ending = events.completion("too-much", PATIENCE).data();

                assertThat(ending)
                        .isInstanceOfSatisfying(
                                CompressionFailed.class,
                                failed -> assertThat(failed.problem().code()).isEqualTo("STORAGE_FULL"));
                assertThat(files(disk)).isEqualTo(before);

                Files.delete(disk.resolve("ballast"));
                events.publish(request("enough"));
                assertThat(events.completion("enough", PATIENCE).data()).isInstanceOf(CompressionCompleted.class);
            } finally {
                server.stop();
            }
        } finally {
            run("umount", disk.toString());
        }
    }

    private static void fill(Path ballast) throws IOException {
        try (var out = Files.newOutputStream(ballast)) {
            var kilobyte = new byte[1024];
            while (true) {
                out.write(kilobyte);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left on device");
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var tree = Files.walk(directory)) {
            return tree.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private CloudEvent request(String jobId) throws IOException {
        var prune = new StageStep("pruning", "magnitude", Map.of("sparsity", DoubleNode.valueOf(0.5)));
        var model = directory.toRealPath().resolve("tiny.onnx").toUri().toString();
        var request =
                new Recipe(List.of(prune), null, Map.of(), null, 0, null, null).request(ArtifactReference.of(model));
        return CloudEvent.of(jobId, "/test", jobId, Instant.now(), request);
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    }
}
