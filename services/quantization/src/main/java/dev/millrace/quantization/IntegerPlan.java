package dev.millrace.quantization;

import dev.millrace.engine.data.Dataset;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What of a model is computed in 8 bits, and in which steps: what quantization after and during training have in common.
 *
 * <p>The model is folded ({@link PreparedModel}) and stays as it is; results are written into copies.
 */
final class IntegerPlan {
    /** Tensors joined by a Concat may differ so much in magnitude before rounding them alike destroys the small one. */
    private static final double CONCAT_RATIO = 16;

    /**
     * How ranges are found.
     *
     * @param percentile 0..100, for {@link RangeMethod#PERCENTILE}
     * @param symmetric whether activations have zero in their middle
     */
    record Ranges(RangeMethod method, double percentile, boolean symmetric) {}

    private final Model model;
    private final NodeGlobs ignored;
    private final Ranges how;
    private final StageContext context;
    private final QuantizationReport report;
    private final Set<String> stays = new HashSet<>();

    /**
     * Plans for the model of a task.
     *
     * @param ignored globs of nodes that stay in float
     * @param report gets what stays in float and why
     * @throws RefusedException {@code NOTHING_TO_QUANTIZE}, and what {@link NodeGlobs} refuses
     */
    IntegerPlan(List<String> ignored, Ranges how, StageContext context, QuantizationReport report) throws IOException {
        this.how = how;
        this.context = context;
        this.report = report;
        model = PreparedModel.openFolded(context.model());
        this.ignored = NodeGlobs.of("ignored", ignored, Model.read(context.model()));
        var placement = place(model.graph());
        if (placement.layers().isEmpty() && placement.tables().isEmpty()) {
            throw PreparedModel.nothingToQuantize(
                    context.model(), String.join(", ", Layer.TYPES) + " with constant weights");
        }
    }

    /** The folded float model. */
    Model model() {
        return model;
    }

    /** The plan as it is now, on the model's graph or that of a copy. */
    Placement place(Graph graph) {
        return Placement.of(graph, layer -> layer.obstacle(graph).isEmpty(), this::staysFloat);
    }

    boolean staysFloat(Node node) {
        return ignored.contains(node) || stays.contains(node.output());
    }

    /** Leaves a node in float from now on. */
    void leave(Node node, String reason) {
        stays.add(node.output());
        report.left(node, reason);
    }

    /** Runs the model on data; what the values forbid to quantize is left in float. */
    Calibration calibrate(LocalData data) throws IOException {
        context.progress(0.05, "calibrating");
        var placement = place(model.graph());
        var calibrator = new Calibrator(how.method(), how.percentile(), context.threads(), context.workDirectory());
        var seen = calibrator.run(
                model,
                placement.observed(),
                inputs -> Dataset.open(data.path(), data.format(), data.options(), inputs),
                fraction -> context.progress(0.05 + 0.6 * fraction, "calibrating"));
        var calibration = seen.withRanges(placement.complete(seen.ranges()));
        leaveUnevenConcats(placement, calibration.ranges());
        leaveUnseen(calibration.ranges());
        return calibration;
    }

    private void leaveUnevenConcats(Placement placement, Map<String, Range> ranges) {
        for (var node : placement.operators()) {
            var magnitudes = node.inputs().stream()
                    .flatMap(input -> Optional.ofNullable(ranges.get(input)).stream())
                    .mapToDouble(Range::magnitude)
                    .filter(magnitude -> magnitude > 0)
                    .summaryStatistics();
            if (node.is("Concat") && magnitudes.getMax() > CONCAT_RATIO * magnitudes.getMin()) {
                leave(node, "its inputs live on different scales");
            }
        }
    }

    /** A tensor that held no number, in a branch that never ran or of size 0, has no range. */
    private void leaveUnseen(Map<String, Range> ranges) {
        for (var layer : place(model.graph()).layers()) {
            if (!layer.is("ConvTranspose") && !ranges.containsKey(layer.input())) {
                leave(layer.node(), "its input held no number during calibration");
            }
        }
    }

    /** A scale for every tensor of a placement; tensors that share one get the union of their ranges. */
    Map<String, Uint8Scale> scales(Placement placement, Map<String, Range> ranges) {
        var shared = new HashMap<String, Range>();
        placement.scaleOf().forEach((tensor, root) -> {
            var range = ranges.get(tensor);
            if (range != null) {
                shared.merge(root, range, Range::union);
            }
        });
        var scales = new HashMap<String, Uint8Scale>();
        placement.scaleOf().forEach((tensor, root) -> {
            var range = shared.getOrDefault(root, new Range(0, 0));
            scales.put(tensor, how.symmetric() ? Uint8Scale.symmetric(range) : Uint8Scale.of(range));
        });
        return scales;
    }

    /** Tells the report what is quantized. */
    void describe() {
        report.describe(model.graph(), place(model.graph()), ignored);
    }
}
