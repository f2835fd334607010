package dev.millrace.it.soak;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.artifact.FileArtifactStore;
import dev.millrace.it.flow.BrokerProcess;
import dev.millrace.it.flow.Bus;
import dev.millrace.it.flow.ServiceProcess;
import dev.millrace.it.worker.WorkerProcess;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.StageStep;
import dev.millrace.message.TopicDefinition;
import dev.millrace.message.Topics;
import dev.millrace.standalone.EmbeddedBroker;
import dev.millrace.worker.TopicSetup;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;

/**
 * The flow as processes on one machine, each of which can be killed: a broker, the orchestrator and workers of the probe
 * stage. A job is one task of the probe and one evaluation, neither of which does any work worth the name.
 */
final class Mill implements AutoCloseable {
    private static final List<String> STAGES = List.of("probe", "evaluation");
    private static final int PARTITIONS = 4;

    private final Path directory;
    private final int port;
    private final ArtifactReference model;
    private final List<ServiceProcess> services = new ArrayList<>();
    private final List<WorkerProcess> workers = new ArrayList<>();
    private BrokerProcess broker;
    private int workersMade;

    private Mill(Path directory, int port, ArtifactReference model, BrokerProcess broker) {
        this.directory = directory;
        this.port = port;
        this.model = model;
        this.broker = broker;
    }

    /** A broker with all topics, and nobody at work yet. */
    static Mill open(Path directory) throws IOException, ExecutionException, InterruptedException {
        Files.createDirectories(directory);
        ArtifactReference model;
        try (var store = FileArtifactStore.open(directory.resolve("artifacts"), List.of())) {
            model = store.put(new ByteArrayInputStream("model".getBytes(StandardCharsets.UTF_8)));
        }
        int port = EmbeddedBroker.freePort();
        var mill = new Mill(directory, port, model, BrokerProcess.start(directory.resolve("kafka"), port));
        return mill.orClosed(() -> {
            try (var admin = Admin.create(Map.of("bootstrap.servers", mill.bootstrapServers()))) {
                TopicSetup.createTopics(admin, TopicDefinition.all(STAGES), PARTITIONS);
            }
        });
    }

    /** The same with the orchestrator and workers, ready for jobs. */
    static Mill start(Path directory, int workers) throws IOException, ExecutionException, InterruptedException {
        var mill = open(directory);
        return mill.orClosed(() -> {
            var orchestrator = mill.startService("orchestrator");
            for (int i = 0; i < workers; i++) {
                mill.startWorker();
            }
            orchestrator.awaitReady();
        });
    }

    /** What may fail while processes run already. */
    private interface Preparation {
        void run() throws IOException, ExecutionException, InterruptedException;
    }

    /** This mill, prepared; where that fails, nothing of it runs on. */
    private Mill orClosed(Preparation preparation) throws IOException, ExecutionException, InterruptedException {
        boolean prepared = false;
        try {
            preparation.run();
            prepared = true;
            return this;
        } finally {
            if (!prepared) {
                close();
            }
        }
    }

    ServiceProcess startService(String name) throws IOException {
        var service = ServiceProcess.start(
                name,
                directory,
                Map.of(
                        "kafka.bootstrap.servers", bootstrapServers(),
                        "millrace.data-dir", directory.resolve(name).toString(),
                        "millrace.artifacts.directory",
                                directory.resolve("artifacts").toString(),
                        "millrace.orchestrator.stages", String.join(",", STAGES)));
        services.add(service);
        return service;
    }

    void startWorker() throws IOException {
        workersMade++;
        workers.add(WorkerProcess.start("worker-" + workersMade, bootstrapServers(), directory));
    }

    String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    List<WorkerProcess> workers() {
        return workers;
    }

    /** Kills a worker and starts another one. */
    void replace(WorkerProcess worker) throws IOException {
        worker.kill();
        workers.remove(worker);
        startWorker();
    }

    /** Kills the orchestrator, and starts it again where it was. */
    void restartOrchestrator() throws IOException, InterruptedException {
        services.remove(0).kill();
        startService("orchestrator");
    }

    /** Kills the broker, and starts it again where it was. */
    void restartBroker() throws IOException {
        broker.kill();
        broker = BrokerProcess.start(directory.resolve("kafka"), port);
    }

    /** Asks for a job whose first task takes that long. */
    void request(Bus bus, String jobId, long millis) throws ExecutionException, InterruptedException {
        Map<String, JsonNode> options = Map.of("text", TextNode.valueOf(jobId), "millis", LongNode.valueOf(millis));
        request(bus, jobId, new StageStep("probe", "sleep", options));
    }

    /**
     * Asks for a search.
     *
     * @param parallel trials out at once
     * @param millis that a trial takes
     */
    void requestSearch(Bus bus, String jobId, int trials, int parallel, long millis)
            throws ExecutionException, InterruptedException {
        Map<String, JsonNode> options = Map.of(
                "trials", IntNode.valueOf(trials),
                "parallel", IntNode.valueOf(parallel),
                "millis", LongNode.valueOf(millis),
                "trialName", TextNode.valueOf(jobId));
        request(bus, jobId, new StageStep("probe", "search", options));
    }

    private void request(Bus bus, String jobId, StageStep step) throws ExecutionException, InterruptedException {
        var recipe = List.of(step, new StageStep("evaluation", "sizes", Map.of()));
        var request = new CompressionRequested(model, Map.of(), recipe, null, null, 0, null, null);
        bus.send(Topics.REQUESTS, jobId, request);
    }

    @Override
    public void close() throws IOException {
        workers.forEach(WorkerProcess::close);
        for (var service : services) {
            service.close();
        }
        broker.close();
    }
}
