package dev.millrace.factorization;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.Latency;
import dev.millrace.message.Json;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.training.Recovery;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What was factorized, how far, and why the rest was not. */
final class LowRankReport {
    private static final int NAMES_IN_A_NOTE = 6;

    private final List<String> notes = new ArrayList<>();
    private final List<LayerLine> layers = new ArrayList<>();
    private final Map<String, String> left = new LinkedHashMap<>();
    private @Nullable Latency latency;
    private @Nullable JsonNode recovery;

    /**
     * One layer.
     *
     * @param ranks {@code 96}, or {@code 24×40} of a layer with two
     * @param error share of the energy lost, 0..1
     */
    record LayerLine(String name, String ranks, double error, Choice.Cost before, Choice.Cost after) {}

    void note(String sentence) {
        notes.add(sentence);
    }

    /** A layer stays as it is; the first reason counts. */
    void left(Node node, String reason) {
        left.putIfAbsent(NodeGlobs.name(node), reason);
    }

    void slower(Layer layer, Choice choice, Latency measured) {
        left(
                layer.node(),
                String.format(
                        Locale.ROOT,
                        "rank %s takes %.3g ms, the layer as it is %.3g ms",
                        choice.spelled(),
                        measured.candidateMillis(),
                        measured.baselineMillis()));
    }

    void chosen(Ranks.Candidate candidate, Choice choice) {
        if (choice.isWhole()) {
            left(
                    candidate.layer().node(),
                    candidate.choices().isEmpty()
                            ? "no rank of it could be computed or measured"
                            : "it keeps its energy best as it is");
        } else {
            layers.add(new LayerLine(
                    candidate.layer().name(),
                    choice.spelled(),
                    choice.error(),
                    candidate.whole().cost(),
                    choice.cost()));
        }
    }

    void recovered(Recovery.Mended mended) {
        recovery = mended.report();
        notes.addAll(mended.notes());
    }

    void latency(Latency measured) {
        latency = measured;
        if (measured.ratio() >= 1) {
            note(String.format(
                    Locale.ROOT,
                    "The result is not faster: %.3g ms, the original takes %.3g ms.",
                    measured.candidateMillis(),
                    measured.baselineMillis()));
        }
    }

    /** Whether every layer is as it was. */
    boolean isEmpty() {
        return layers.isEmpty();
    }

    /** Layers left so far and why, for a refusal. */
    String reasons() {
        return left.isEmpty()
                ? "no MatMul, Gemm or Conv with a constant weight"
                : left.entrySet().stream()
                        .limit(NAMES_IN_A_NOTE)
                        .map(entry -> entry.getKey() + ": " + entry.getValue())
                        .collect(Collectors.joining("; "));
    }

    Map<String, JsonNode> fields() {
        if (isEmpty()) {
            note("No layer was factorized: the model is as it was.");
        }
        var fields = new LinkedHashMap<String, JsonNode>();
        fields.put("layers", Json.mapper().valueToTree(layers));
        fields.put("leftWhole", Json.mapper().valueToTree(left));
        if (latency != null) {
            fields.put("latencyMillis", Json.mapper().valueToTree(latency));
        }
        if (recovery != null) {
            fields.put("recovery", recovery);
        }
        fields.put("notes", Json.mapper().valueToTree(notes));
        return fields;
    }
}
