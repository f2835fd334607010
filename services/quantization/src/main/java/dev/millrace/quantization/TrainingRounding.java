package dev.millrace.quantization;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.op.Form;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rounding that training feels: weights and activations stay float but take only the values that integers can, and the
 * steps are weights themselves ({@code FakeQuantize}, learned step size quantization).
 *
 * <p>Zero points stay as calibrated. Biases and tables are left as they are: 32 bits, or 8 bits that are only looked up,
 * harm nothing.
 */
final class TrainingRounding implements Rounding {
    private final Graph graph;
    private final Placement placement;
    private final Map<String, Uint8Scale> scales;
    private final Map<String, WeightSteps> weights;

    /** Tensor of the placement that has a scale of its own, or weight, to the initializer with the logarithms of its steps. */
    private final Map<String, String> steps = new HashMap<>();

    /**
     * @param scales to start from, for every tensor of the placement
     * @param weights steps to start from, for every weight of a layer, by name
     */
    TrainingRounding(
            Graph graph, Placement placement, Map<String, Uint8Scale> scales, Map<String, WeightSteps> weights) {
        this.graph = graph;
        this.placement = placement;
        this.scales = scales;
        this.weights = weights;
    }

    @Override
    public List<Node> activation(String tensor, String from, String to) {
        var root = placement.scaleOf().getOrDefault(tensor, tensor);
        var scale = scales.getOrDefault(root, new Uint8Scale(1, 0));
        var step = step(root, scale.scale());
        return List.of(rounded(from, to, step, zero(step, scale.zeroPoint(), 1), 0, 255, -1));
    }

    @Override
    public String weight(Layer layer, List<Node> before) {
        var name = layer.weight().name();
        var start = weights.get(name);
        if (start == null) {
            throw new IllegalStateException("no steps for '" + name + "'");
        }
        var step = step(name, start.scales());
        var rounded = graph.freshName(layer.name() + "_weight_rounded");
        var zero = zero(step, 0, start.scales().length);
        before.add(rounded(name, rounded, step, zero, start.low(), start.high(), start.axis()));
        if (!layer.transposed()) {
            return rounded;
        }
        var turned = graph.freshName(layer.name() + "_weight_transposed");
        before.add(Node.of("Transpose", turned, List.of(rounded), List.of(turned), Attribute.ints("perm", 1, 0)));
        return turned;
    }

    @Override
    public String bias(Layer layer, List<Node> before) {
        return layer.node().input(2);
    }

    @Override
    public List<Node> table(Node gather) {
        return List.of(gather);
    }

    private Node rounded(String from, String to, String step, String zero, int low, int high, int axis) {
        return Node.of(
                        "FakeQuantize",
                        graph.freshName(to + "_round"),
                        List.of(from, step, zero),
                        List.of(to),
                        Attribute.of("low", low),
                        Attribute.of("high", high),
                        Attribute.of("axis", axis))
                .withDomain(Form.MILLRACE);
    }

    private String step(String of, float... sizes) {
        return steps.computeIfAbsent(of, missing -> {
            var name = graph.freshName(missing + "_log_step");
            var logarithms = new float[sizes.length];
            for (int i = 0; i < sizes.length; i++) {
                logarithms[i] = (float) Math.log(sizes[i]);
            }
            graph.put(Tensor.floats(name, logarithms, logarithms.length));
            return name;
        });
    }

    private String zero(String step, int point, int count) {
        var name = step + "_zero";
        var points = new float[count];
        Arrays.fill(points, point);
        graph.put(Tensor.floats(name, points, count));
        return name;
    }

    /** The scales that training ended with, zero points as before. */
    Map<String, Uint8Scale> trainedScales() {
        var trained = new HashMap<String, Uint8Scale>();
        placement.scaleOf().forEach((tensor, root) -> {
            var start = scales.getOrDefault(root, new Uint8Scale(1, 0));
            var step = steps.get(root);
            trained.put(tensor, step == null ? start : new Uint8Scale(now(step)[0], start.zeroPoint()));
        });
        return trained;
    }

    /** The steps of the weights that training ended with. */
    Map<String, WeightSteps> trainedWeights() {
        var trained = new HashMap<String, WeightSteps>();
        weights.forEach((name, start) -> {
            var step = steps.get(name);
            trained.put(name, step == null ? start : start.with(now(step)));
        });
        return trained;
    }

    private float[] now(String step) {
        var sizes = graph.initializer(step).orElseThrow().floats();
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = (float) Math.exp(sizes[i]);
        }
        return sizes;
    }
}
