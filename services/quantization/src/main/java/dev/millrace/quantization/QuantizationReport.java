package dev.millrace.quantization;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.Latency;
import dev.millrace.message.Json;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.edit.NodeGlobs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What was quantized, what was not and why, and how good and fast the result is. */
final class QuantizationReport {
    private static final int NAMES_IN_A_NOTE = 6;

    private final List<String> notes = new ArrayList<>();
    private final Map<String, Integer> quantized = new TreeMap<>();
    private final Map<String, String> leftInFloat = new LinkedHashMap<>();
    private final Map<String, Object> fields = new LinkedHashMap<>();

    /** A node stays in float; the first reason given counts. */
    void left(Node node, String reason) {
        left(NodeGlobs.name(node), reason);
    }

    /** The same for a weight by its own name. */
    void left(String name, String reason) {
        leftInFloat.putIfAbsent(name, reason);
    }

    /** Counts a node that is quantized. */
    void quantized(Node node) {
        quantized.merge(node.opType(), 1, Integer::sum);
    }

    /** Nodes quantized so far, by operator type. */
    Map<String, Integer> quantized() {
        return quantized;
    }

    void note(String format, Object... arguments) {
        notes.add(String.format(Locale.ROOT, format, arguments));
    }

    /** Counts what is quantized, and gives every layer that is not its reason; products of two activations are no layers. */
    void describe(Graph graph, Placement placement, NodeGlobs ignored) {
        placement.layers().forEach(layer -> quantized(layer.node()));
        placement.tables().forEach(this::quantized);
        placement.operators().forEach(this::quantized);
        var layers = placement.layers().stream().map(Layer::node).toList();
        for (var node : graph.nodes()) {
            boolean product = node.is("MatMul") && Layer.of(graph, node).isEmpty();
            if (Layer.TYPES.contains(node.opType()) && !layers.contains(node) && !product) {
                left(node, reason(graph, node, ignored));
            }
        }
        for (var inner : graph.graphs().skip(1).toList()) {
            inner.nodes().stream()
                    .filter(node -> Layer.of(inner, node).isPresent())
                    .forEach(node -> left(node, "it is inside an If, Loop or Scan"));
        }
    }

    void saturation(boolean saturates) {
        field("saturation", saturates);
        if (saturates) {
            note("Weights are fitted to processors without VNNI: on others, saturation=off is a little more precise.");
        }
    }

    private static String reason(Graph graph, Node node, NodeGlobs ignored) {
        if (ignored.contains(node)) {
            return "it was asked for";
        }
        return Layer.of(graph, node)
                .map(layer -> layer.obstacle(graph))
                .filter(obstacle -> !obstacle.isEmpty())
                .orElse("its weight is computed");
    }

    void calibrated(Calibration calibration) {
        field("calibrationSamples", calibration.samples());
        var ranges = new TreeMap<String, float[]>();
        calibration.ranges().forEach((tensor, range) -> ranges.put(tensor, new float[] {range.low(), range.high()}));
        field("ranges", ranges);
    }

    void fidelity(List<Fidelity> fidelity, double floor) {
        field("fidelity", fidelity);
        fidelity.stream()
                .sorted(Fidelity.WORST_FIRST)
                .filter(each -> each.cosine() < floor)
                .findFirst()
                .ifPresent(worst -> note(
                        "Output %s has cosine %.4f to the float model, below minFidelity %.4g.",
                        worst.where(), worst.cosine(), floor));
    }

    void latency(Latency latency) {
        field("latencyMillis", Map.of("baseline", latency.baselineMillis(), "candidate", latency.candidateMillis()));
        if (latency.ratio() >= 1) {
            note(
                    "The result is not faster: %.3g ms, the original takes %.3g ms.",
                    latency.candidateMillis(), latency.baselineMillis());
        }
    }

    void field(String name, Object value) {
        fields.put(name, value);
    }

    /** The report of the stage's result. */
    Map<String, JsonNode> fields() {
        if (!leftInFloat.isEmpty()) {
            var names = leftInFloat.keySet().stream().limit(NAMES_IN_A_NOTE).toList();
            note(
                    "Left in float: %s%s.",
                    String.join(", ", names),
                    leftInFloat.size() > names.size() ? " and " + (leftInFloat.size() - names.size()) + " more" : "");
        }
        var all = new LinkedHashMap<String, JsonNode>();
        fields.forEach((name, value) -> all.put(name, Json.mapper().valueToTree(value)));
        if (!quantized.isEmpty()) {
            all.put("quantized", Json.mapper().valueToTree(quantized));
        }
        all.put("leftInFloat", Json.mapper().valueToTree(leftInFloat));
        all.put("notes", Json.mapper().valueToTree(notes));
        return all;
    }
}
