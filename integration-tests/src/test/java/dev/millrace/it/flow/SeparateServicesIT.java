package dev.millrace.it.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.DataReference;
import dev.millrace.message.LineageStep;
import dev.millrace.message.Objective;
import dev.millrace.message.Recipe;
import dev.millrace.message.StageStep;
import dev.millrace.message.TopicDefinition;
import dev.millrace.message.Topics;
import dev.millrace.standalone.demo.Demo;
import dev.millrace.worker.TopicSetup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cluster's topology on one machine: the broker and every service in a process of its own, sharing the topics and the
 * artifact directory and nothing else.
 */
class SeparateServicesIT {
    private static final List<String> STAGES = List.of("pruning", "quantization", "evaluation");
    private static final List<String> SERVICES =
            Stream.concat(Stream.of("orchestrator", "gateway"), STAGES.stream()).toList();

    @Test
    void compressTheDemoModelTogether(@TempDir Path directory) throws Exception {
        Path files = Files.createDirectories(directory.resolve("files")).toRealPath();
        Demo.unpack(files);
        List<AutoCloseable> running = new ArrayList<>();
        var broker = BrokerProcess.start(Files.createDirectories(directory.resolve("kafka")));
        running.add(broker);
        try {
            try (var admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
                TopicSetup.createTopics(admin, TopicDefinition.all(STAGES), 1);
            }
            for (String service : SERVICES) {
                running.add(ServiceProcess.start(
                        service,
                        directory,
                        Map.of(
                                "kafka.bootstrap.servers", broker.bootstrapServers(),
                                "millrace.data-dir", directory.resolve(service).toString(),
                                "millrace.artifacts.directory",
                                        directory.resolve("artifacts").toString(),
                                "millrace.artifacts.roots", files.toString())));
            }
            assertThat(compress(broker, files)).satisfies(completed -> {
                assertThat(completed.lineage())
                        .extracting(LineageStep::stage)
                        .startsWith("pruning", "quantization", "evaluation");
                assertThat(completed.objectiveMet())
                        .as(completed.notes().toString())
                        .isTrue();
                assertThat(completed.evaluation().result().sizeBytes())
                        .isLessThan(completed.evaluation().baseline().sizeBytes() / 2);
            });
        } finally {
            for (int i = running.size() - 1; i >= 0; i--) {
                running.get(i).close();
            }
        }
    }

    private static CompressionCompleted compress(BrokerProcess broker, Path files) throws Exception {
        Map<String, JsonNode> half = Map.of("sparsity", DoubleNode.valueOf(0.5));
        var recipe = new Recipe(
                List.of(
                        new StageStep("pruning", "magnitude", half),
                        new StageStep("quantization", "static-int8", Map.of())),
                null,
                Map.of(
                        "calibration", data(files.resolve("digits-train.csv")),
                        "evaluation", data(files.resolve("digits-test.csv"))),
                new Objective("top1", 0.01, null),
                0,
                null,
                "together");
        try (var bus = new Bus(broker.bootstrapServers());
                var completed = bus.read(Topics.COMPLETED)) {
            var model = ArtifactReference.of(files.resolve(Demo.MODEL).toUri().toString());
            bus.send(Topics.REQUESTS, "together", recipe.request(model));
            return (CompressionCompleted)
                    completed.await(event -> "together".equals(event.subject())).data();
        }
    }

    private static DataReference data(Path file) {
        return new DataReference(file.toUri().toString(), "csv", Map.of());
    }
}
