package dev.millrace.message;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.ArtifactReference.ExternalFile;
import dev.millrace.message.Measurements.Latency;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** One event of each type with every field set, telling one story: MobileNet is pruned, quantized and measured. */
final class Samples {
    private static final String JOB = "job-7";
    private static final String TASK = "job-7/1";
    private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

    private static final ArtifactReference ORIGINAL = artifact("0", 14_000_000);
    private static final ArtifactReference PRUNED = artifact("1", 14_000_000);
    private static final ArtifactReference SMALL = artifact("2", 3_600_000);
    private static final ArtifactReference IN_PARTS = new ArtifactReference(
            "millrace:sha256/" + "3".repeat(64),
            "4".repeat(64),
            20_000L,
            List.of(new ExternalFile("weights.bin", "5".repeat(64), 3_580_000)));

    private static final Objective OBJECTIVE = new Objective("top1", 0.01, Minimise.LATENCY);
    private static final DataReference CALIBRATION = new DataReference(
            "file:/data/images", "images", Map.of("resize", IntNode.valueOf(224), "scale", DoubleNode.valueOf(0.5)));
    private static final StageStep PRUNING =
            new StageStep("pruning", "magnitude", Map.of("sparsity", DoubleNode.valueOf(0.5)));
    private static final StageStep QUANTIZATION =
            new StageStep("quantization", "static", Map.of("perChannel", BooleanNode.TRUE));
    private static final CompressionRequested REQUEST = new CompressionRequested(
            ORIGINAL,
            Map.of("calibration", CALIBRATION),
            List.of(PRUNING, QUANTIZATION),
            new AutoBudget(20, 3_600L, 2),
            OBJECTIVE,
            7,
            "x86-64-vnni",
            "mobilenet for the kiosk");
    private static final Problem PROBLEM =
            new Problem("BAD_OPTION", "pruning.magnitude.sparsity", "1.5", "0 ≤ sparsity < 1");
    private static final Map<String, String> VERSIONS = Map.of("millrace", "0.1.0", "onnxruntime", "1.29.0");
    private static final Map<String, JsonNode> REPORT =
            Map.of("fallbacks", IntNode.valueOf(2), "slowest", TextNode.valueOf("Conv_12"));
    private static final Evaluation EVALUATION = new Evaluation(
            "top1",
            measured(0.878, 14_000_000, 5.2),
            measured(0.876, 3_600_000, 3.1),
            Map.of("cosine", 0.998, "top1Agreement", 0.991),
            10_000);
    private static final LineageStep STEP = new LineageStep(
            1,
            "quantization",
            "static",
            Map.of("perChannel", BooleanNode.TRUE),
            PRUNED,
            SMALL,
            7,
            VERSIONS,
            8_123,
            false,
            REPORT);
    private static final SearchPlan PLAN = new SearchPlan(
            new StageStep("nas", "trial", Map.of("epochs", IntNode.valueOf(9))),
            List.of(
                    new Choice("depth", List.of(IntNode.valueOf(1), IntNode.valueOf(2)), true, null),
                    new Choice(
                            "second",
                            List.of(TextNode.valueOf("wide"), TextNode.valueOf("narrow")),
                            false,
                            new Choice.Condition("depth", List.of(IntNode.valueOf(2))))),
            List.of(new Goal("top1", true, 0.85), new Goal("macs", false, 3e8, 6e8)),
            "tpe",
            40,
            3_600L,
            20,
            4,
            new SearchPlan.Halving(3, 3));
    private static final List<String> LOG = List.of("loading libtorch", "SIGSEGV");
    private static final TaskIssued TASK_ISSUED = new TaskIssued(
            JOB,
            TASK,
            1,
            "quantization",
            "static",
            QUANTIZATION.options(),
            PRUNED,
            ORIGINAL,
            Map.of("calibration", CALIBRATION),
            OBJECTIVE,
            7,
            "x86-64-vnni");

    private static final Trial TRIAL = new Trial(
            0,
            Map.of("depth", IntNode.valueOf(1)),
            2,
            Trial.State.DONE,
            Map.of("top1", 0.876, "macs", 3e8),
            List.of(STEP),
            SMALL,
            null);
    private static final Trial FAILED_TRIAL = new Trial(1, Map.of("depth", IntNode.valueOf(2)), 0)
            .failed(new Problem("DIVERGED", "nas:trial", "the loss is no number", ""));

    private Samples() {}

    static Record of(EventType type) {
        return switch (type) {
            case COMPRESSION_REQUESTED -> REQUEST;
            case COMPRESSION_CANCELLED -> new CompressionCancelled(JOB, "not needed any more");
            case COMPRESSION_COMPLETED ->
                new CompressionCompleted(
                        JOB,
                        "mobilenet for the kiosk",
                        IN_PARTS,
                        EVALUATION,
                        List.of(STEP),
                        true,
                        List.of("Two layers were left in float."),
                        31_007,
                        List.of(TRIAL),
                        List.of(TRIAL, FAILED_TRIAL));
            case COMPRESSION_FAILED ->
                new CompressionFailed(JOB, "mobilenet for the kiosk", PROBLEM, PRUNED, List.of(STEP), LOG);
            case COMPRESSION_REFUSED -> new CompressionRefused(JOB, "mobilenet for the kiosk", PROBLEM);
            case TASK_ISSUED -> TASK_ISSUED;
            case TASK_SUCCEEDED ->
                new TaskSucceeded(
                        JOB,
                        TASK,
                        1,
                        "quantization",
                        SMALL,
                        EVALUATION,
                        REPORT,
                        VERSIONS,
                        8_123,
                        false,
                        1,
                        "worker-3",
                        Map.of("top1", 0.876),
                        PLAN);
            case TASK_FAILED -> new TaskFailed(JOB, TASK, 1, "quantization", PROBLEM, 3, LOG);
            case TASK_REFUSED -> new TaskRefused(JOB, TASK, 1, "quantization", PROBLEM);
            case TASK_PROGRESSED ->
                new TaskProgressed(JOB, TASK, 1, "quantization", 0.25, "calibrating", Map.of("samples", 32.0), 1);
            case TASK_CANCELLED -> new TaskCancelled(JOB, TASK);
            case JOB_CHANGED ->
                new JobChanged(
                        JOB,
                        JobState.RUNNING,
                        REQUEST,
                        TASK_ISSUED,
                        List.of(STEP),
                        PRUNED,
                        EVALUATION,
                        true,
                        PROBLEM,
                        NOON,
                        NOON.plusSeconds(9),
                        List.of("Two layers were left in float."),
                        LOG,
                        new SearchProgress(
                                PLAN,
                                TASK_ISSUED,
                                1,
                                NOON,
                                List.of(TRIAL, FAILED_TRIAL),
                                List.of(0),
                                0,
                                "All 40 trials were made."));
            case STAGE_REGISTERED ->
                new StageRegistered(
                        "pruning",
                        "0.1.0",
                        List.of(new TechniqueDescription(
                                "pruning",
                                "magnitude",
                                "Sets the smallest weights to zero.",
                                "First thing to try.",
                                List.of("calibration"),
                                List.of(new TechniqueDescription.Option(
                                        "sparsity",
                                        "number",
                                        DoubleNode.valueOf(0.5),
                                        "0 ≤ sparsity < 1",
                                        "Share of weights that become zero.")))));
        };
    }

    private static ArtifactReference artifact(String digit, long sizeBytes) {
        var hex = digit.repeat(64);
        return new ArtifactReference("millrace:sha256/" + hex, hex, sizeBytes, List.of());
    }

    private static Measurements measured(double top1, long sizeBytes, double p50Millis) {
        return new Measurements(
                Map.of("top1", top1),
                sizeBytes,
                sizeBytes * 9 / 10,
                3_500_000,
                1_750_000,
                300_000_000L,
                41.5,
                new Latency(p50Millis, p50Millis * 1.5, p50Millis * 2, 1_000 / p50Millis, 100, 1, 2),
                90_000_000L,
                sizeBytes * 4 / 5);
    }
}
