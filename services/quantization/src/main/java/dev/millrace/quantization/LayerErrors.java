package dev.millrace.quantization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How far each layer alone, computed in 8 bits, moves the model's answers.
 *
 * <p>A sensitivity analysis without a model for each layer: every layer stands in an If, in one branch as it is, in the other
 * with input, weight and output rounded. One session, in which an input picks layers, answers for all of them: a few
 * neighbours at a time, and the worst of these alone.
 *
 * <p>Rounding errors of different layers are nearly independent, so the squares of these errors nearly add up to that of the
 * whole quantized model. Errors inside the network say little: in PP-OCR the layer whose own output is rounded worst moves
 * the answer a tenth as much as one near the input whose error the depthwise Convs behind it amplify.
 */
final class LayerErrors {
    /** Neighbouring layers that are tried together at first. */
    private static final int GROUP = 4;

    /** One in so many groups is looked at layer by layer. */
    private static final int REFINED_SHARE = 4;

    /** Samples times layers; small models are tried on more samples. */
    private static final int RUNS = 64;

    private final Model model;
    private final Placement placement;
    private final Map<String, Uint8Scale> scales;
    private final WeightStore weights;
    private final String gates;

    /**
     * What one layer does.
     *
     * @param error largest {@code |a − b| / |a|} of a group of outputs when only this layer is quantized
     */
    record LayerError(Layer layer, double error) {
        static final Comparator<LayerError> WORST_FIRST =
                Comparator.comparingDouble(LayerError::error).reversed();

        String reason() {
            return String.format(Locale.ROOT, "quantized, it alone moves the outputs by %.2g", error);
        }
    }

    /** @param model is edited */
    private LayerErrors(Model model, Placement placement, Map<String, Uint8Scale> scales, WeightStore weights) {
        this.model = model;
        this.placement = placement;
        this.scales = scales;
        this.weights = weights;
        gates = model.graph().freshName("quantized_layers");
    }

    /**
     * Measures every layer of a placement.
     *
     * @param model the float model; is edited
     * @param placement planned on its graph
     * @param weights of its graph, nothing announced yet
     * @param directory for a temporary model
     * @return the worst layer first
     */
    static List<LayerError> measure(
            Model model,
            Placement placement,
            Map<String, Uint8Scale> scales,
            WeightStore weights,
            List<Calibration.Reference> references,
            Path directory,
            int threads)
            throws IOException {
        var layers = placement.layers();
        var file = directory.resolve("layer-errors.onnx");
        new LayerErrors(model, placement, scales, weights).build(file);
        try (var session = OrtSession.open(file, SessionSettings.threads(1).frugal())) {
            int samples = Math.min(references.size(), Math.max(1, RUNS / layers.size()));
            return new Probe(session, layers.size(), references.subList(0, samples), threads).rank(layers);
        }
    }

    /** A session of the gated model and what is run on it. */
    private record Probe(OrtSession session, int layers, List<Calibration.Reference> samples, int threads) {

        /** First some neighbours at a time, then, among the worst quarter, each layer alone. */
        List<LayerError> rank(List<Layer> all) {
            var groups = IntStream.range(0, (layers + GROUP - 1) / GROUP)
                    .mapToObj(g -> IntStream.range(g * GROUP, Math.min(layers, (g + 1) * GROUP))
                            .toArray())
                    .toList();
            var together = errors(groups);
            var worst = IntStream.range(0, groups.size())
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer g) -> together[g])
                            .reversed())
                    .limit((groups.size() + REFINED_SHARE - 1) / REFINED_SHARE)
                    .toList();
            var single = worst.stream()
                    .flatMapToInt(g -> Arrays.stream(groups.get(g)))
                    .toArray();
            var alone =
                    errors(Arrays.stream(single).mapToObj(i -> new int[] {i}).toList());
            var error = new double[layers];
            for (int g = 0; g < groups.size(); g++) {
                for (int i : groups.get(g)) {
                    error[i] = together[g] / Math.sqrt(groups.get(g).length);
                }
            }
            for (int i = 0; i < single.length; i++) {
                error[single[i]] = alone[i];
            }
            return IntStream.range(0, layers)
                    .mapToObj(i -> new LayerError(all.get(i), error[i]))
                    .sorted(LayerError.WORST_FIRST)
                    .collect(Collectors.toCollection(ArrayList::new));
        }

        /** Largest relative error of a group of outputs, for each choice of layers. */
        private double[] errors(List<int[]> choices) {
            var errors = new double[choices.size()];
            try (var parallel = new Parallel(threads)) {
                for (int i = 0; i < errors.length; i++) {
                    int choice = i;
                    parallel.run(() -> errors[choice] = error(choices.get(choice)));
                }
                parallel.await();
            }
            return errors;
        }

        private double error(int[] choice) {
            var gate = session.inputs().get(session.inputs().size() - 1).name();
            var picked = Value.zeros(DataType.BOOL, layers);
            for (int layer : choice) {
                picked.bytes().put(layer, (byte) 1);
            }
            var gated =
                    samples.stream().map(sample -> with(sample, gate, picked)).toList();
            return Fidelity.measure(session, gated).stream()
                    .mapToDouble(Fidelity::relativeError)
                    .max()
                    .orElse(0);
        }
    }

    private static Calibration.Reference with(Calibration.Reference sample, String gate, Value picked) {
        var feed = new HashMap<>(sample.feed());
        feed.put(gate, picked);
        return new Calibration.Reference(feed, sample.outputs());
    }

    private void build(Path file) throws IOException {
        var graph = model.graph();
        var layers = placement.layers();
        layers.forEach(weights::announce);
        graph.addInput(ValueInfo.tensor(gates, DataType.BOOL, layers.size()));
        for (int i = 0; i < layers.size(); i++) {
            var layer = layers.get(i);
            var prefix = graph.freshName("layer_" + i);
            graph.put(Tensor.longs(prefix + "_index", new long[] {i}));
            graph.replace(
                    layer.node(),
                    Node.of("Gather", prefix, List.of(gates, prefix + "_index"), List.of(prefix)),
                    Node.of(
                            "If",
                            prefix + "_if",
                            List.of(prefix),
                            layer.node().outputs(),
                            Attribute.of("then_branch", rounded(layer, prefix + "_rounded")),
                            Attribute.of("else_branch", exact(layer, prefix + "_exact"))));
        }
        model.write(file);
    }

    private static Graph exact(Layer layer, String prefix) {
        var branch = new Graph(prefix);
        branch.add(layer.node().withOutputs(prefix));
        return ending(branch, prefix);
    }

    private Graph rounded(Layer layer, String prefix) {
        var branch = new Graph(prefix);
        var node = layer.node();
        if (placement.tensors().containsKey(layer.input()) && !layer.is("ConvTranspose")) {
            node = node.withInput(0, round(branch, layer.input(), layer.input(), prefix + "_input"));
        }
        node = node.withInput(1, weight(branch, layer, prefix + "_weight")).withOutputs(prefix);
        branch.add(node);
        var result = placement.resultOf(model.graph(), layer.node());
        return ending(branch, result.isEmpty() ? prefix : round(branch, result.get(), prefix, prefix + "_output"));
    }

    private String weight(Graph branch, Layer layer, String prefix) {
        var weight = weights.get(layer.weight().name());
        var stored = List.of(weight.values().name(), WeightStore.scaleName(weight), WeightStore.zeroPointName(weight));
        var node = Node.of("DequantizeLinear", prefix, stored, List.of(prefix));
        branch.add(weight.axis() < 0 ? node : node.with(Attribute.of("axis", weight.axis())));
        if (!layer.transposed()) {
            return prefix;
        }
        var turned = prefix + "_transposed";
        branch.add(Node.of("Transpose", turned, List.of(prefix), List.of(turned), Attribute.ints("perm", 1, 0)));
        return turned;
    }

    private String round(Graph branch, String tensor, String from, String prefix) {
        var scale = scales.getOrDefault(tensor, new Uint8Scale(1, 0));
        branch.put(Tensor.floats(prefix + "_scale", new float[] {scale.scale()}));
        branch.put(Tensor.bytes(prefix + "_zero", DataType.UINT8, new byte[] {(byte) scale.zeroPoint()}));
        var parameters = List.of(prefix + "_scale", prefix + "_zero");
        var integer = prefix + "_integer";
        branch.add(Node.of(
                "QuantizeLinear", integer, List.of(from, parameters.get(0), parameters.get(1)), List.of(integer)));
        branch.add(Node.of(
                "DequantizeLinear", prefix, List.of(integer, parameters.get(0), parameters.get(1)), List.of(prefix)));
        return prefix;
    }

    private static Graph ending(Graph branch, String output) {
        branch.addOutput(ValueInfo.untyped(output).withType(DataType.FLOAT));
        return branch;
    }
}
