package dev.millrace.orchestrator;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.Catalogue;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.DataReference;
import dev.millrace.message.Evaluation;
import dev.millrace.message.Json;
import dev.millrace.message.Measurements;
import dev.millrace.message.Minimise;
import dev.millrace.message.Objective;
import dev.millrace.message.StageRegistered;
import dev.millrace.message.StageStep;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskSucceeded;
import dev.millrace.message.TechniqueDescription;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Requests, outcomes and measurements for the tests. */
final class Jobs {
    static final String ID = "job-1";
    static final Set<String> STAGES = Set.of("pruning", "quantization", "evaluation");
    static final ArtifactReference ORIGINAL = artifact('0', 1000);
    static final ArtifactReference PRUNED = artifact('1', 800);
    static final ArtifactReference QUANTIZED = artifact('2', 300);
    static final Map<String, DataReference> DATA =
            Map.of("evaluation", new DataReference("file:/data/test.csv", null, Map.of()));
    static final Catalogue CATALOGUE = new Catalogue(Map.of(
            "pruning", registered("pruning", "magnitude"),
            "quantization", registered("quantization", "dynamic"),
            "evaluation", registered("evaluation", "compare")));

    private Jobs() {}

    static ArtifactReference artifact(char digit, long sizeBytes) {
        String digest = String.valueOf(digit).repeat(64);
        return new ArtifactReference("millrace:sha256/" + digest, digest, sizeBytes, List.of());
    }

    static StageRegistered registered(String stage, String technique) {
        return new StageRegistered(
                stage, "1", List.of(new TechniqueDescription(stage, technique, "", "", List.of(), List.of())));
    }

    /** A request with stages such as {@code "pruning:magnitude"}. */
    static CompressionRequested request(@Nullable Objective objective, String... stages) {
        return new CompressionRequested(
                ORIGINAL,
                DATA,
                Stream.of(stages)
                        .map(stage -> new StageStep(stage.split(":")[0], stage.split(":")[1], Map.of()))
                        .toList(),
                null,
                objective,
                7,
                null,
                "digits");
    }

    static Objective smallerWithin(double maxDrop) {
        return new Objective("top1", maxDrop, Minimise.BYTES);
    }

    static TaskSucceeded made(TaskIssued task, ArtifactReference model, String... notes) {
        Map<String, JsonNode> report =
                notes.length == 0 ? Map.of() : Map.of("notes", Json.mapper().valueToTree(List.of(notes)));
        return succeeded(task, model, null, report);
    }

    static TaskSucceeded measured(TaskIssued task, double top1, double p50Millis) {
        var baseline = measurements(1000, 0.95, 2.0);
        long bytes = task.model().totalBytes();
        return succeeded(
                task,
                null,
                new Evaluation("top1", baseline, measurements(bytes, top1, p50Millis), Map.of("cosine", 0.99), 100),
                Map.of());
    }

    static TaskSucceeded succeeded(
            TaskIssued task,
            @Nullable ArtifactReference model,
            @Nullable Evaluation evaluation,
            Map<String, JsonNode> report) {
        return new TaskSucceeded(
                task.jobId(),
                task.taskId(),
                task.step(),
                task.stage(),
                model,
                evaluation,
                report,
                Map.of("millrace", "0.1.0"),
                12,
                false,
                1,
                "worker-1",
                Map.of(),
                null);
    }

    static Measurements measurements(long sizeBytes, double top1, double p50Millis) {
        return new Measurements(
                Map.of("top1", top1),
                sizeBytes,
                sizeBytes / 2,
                100,
                90,
                5000L,
                3.0,
                new Measurements.Latency(p50Millis, p50Millis * 2, p50Millis * 3, 1000 / p50Millis, 50, 1, 1),
                null,
                sizeBytes / 4);
    }
}
