package dev.millrace.quantization;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Integers between QuantizeLinear and DequantizeLinear nodes, which ONNX Runtime fuses into integer kernels.
 *
 * <p>Weights become signed 8-bit initializers; biases become int32 at the product of both scales, one for each use, because
 * inputs differ.
 */
final class QdqRounding implements Rounding {
    /** Leaves room for the sum that is added to the bias. */
    private static final double LARGEST_BIAS = 1 << 30;

    private final Graph graph;
    private final Map<String, Uint8Scale> scales;
    private final WeightStore weights;

    /**
     * @param placement planned on this graph as it is
     * @param scales for every tensor of the placement
     * @param weights of the graph, nothing announced yet
     */
    QdqRounding(Graph graph, Placement placement, Map<String, Uint8Scale> scales, WeightStore weights) {
        this.graph = graph;
        this.scales = scales;
        this.weights = weights;
        placement.layers().forEach(layer -> weights.announce(layer, leastScales(layer)));
        for (var table : placement.tables()) {
            var tensor = graph.constant(table.input(0)).orElseThrow();
            weights.announce(tensor, tensor.rank() - 1);
        }
    }

    /** A bias must fit 32 bits in units of both scales. */
    private float[] leastScales(Layer layer) {
        var bias = bias(layer);
        var least = new float[bias.length];
        for (int c = 0; c < bias.length; c++) {
            least[c] = (float)
                    (Math.abs(bias[c]) / LARGEST_BIAS / scale(layer.input()).scale());
        }
        return least;
    }

    private float[] bias(Layer layer) {
        return layer.is("Conv") || layer.is("Gemm")
                ? graph.constant(layer.node().input(2)).map(Tensor::floats).orElse(new float[0])
                : new float[0];
    }

    /**
     * One DequantizeLinear for each use; ONNX Runtime fuses it into the layer. Weights of 4 bits become 8-bit ones when the
     * model is loaded, because there are integer kernels for these.
     */
    @Override
    public String weight(Layer layer, List<Node> before) {
        var weight = weights.get(layer.weight().name());
        var from = weight.values().name();
        int axis = weight.axis();
        if (weight.values().type() == DataType.INT4) {
            var differentiable = graph.freshName(layer.name() + "_weight_int8");
            before.add(Node.of(
                    "Cast",
                    differentiable,
                    List.of(from),
                    List.of(differentiable),
                    Attribute.of("to", DataType.INT8.code())));
            from = differentiable;
        }
        if (layer.transposed()) {
            var turned = graph.freshName(layer.name() + "_weight_transposed");
            before.add(Node.of("Transpose", turned, List.of(from), List.of(turned), Attribute.ints("perm", 1, 0)));
            from = turned;
            axis = axis < 0 ? axis : 1 - axis;
        }
        var stored = List.of(from, WeightStore.scaleName(weight), WeightStore.zeroPointName(weight));
        return dequantize(layer.name() + "_weight", stored, axis, before);
    }

    @Override
    public String bias(Layer layer, List<Node> before) {
        var bias = bias(layer);
        if (bias.length == 0) {
            return layer.node().input(2);
        }
        var weight = weights.get(layer.weight().name());
        float input = scale(layer.input()).scale();
        var scale = new float[bias.length];
        var quantized = new int[bias.length];
        for (int c = 0; c < bias.length; c++) {
            scale[c] = input * weight.scales()[weight.scales().length == 1 ? 0 : c];
            quantized[c] = (int) Math.rint(bias[c] / (double) scale[c]);
        }
        var name = graph.freshName(layer.name() + "_bias_int32");
        graph.put(Tensor.ints(name, quantized, quantized.length));
        graph.put(Tensor.floats(name + "_scale", scale, scale.length));
        return dequantize(layer.name() + "_bias", List.of(name, name + "_scale"), 0, before);
    }

    private String dequantize(String what, List<String> stored, int axis, List<Node> before) {
        var name = graph.freshName(what + "_dequantized");
        var node = Node.of("DequantizeLinear", name, stored, List.of(name));
        before.add(axis < 0 ? node : node.with(Attribute.of("axis", axis)));
        return name;
    }

    /** The rows are looked up as integers, then made float: a table is never expanded. */
    static List<Node> table(Graph graph, Node gather, Int8Weight weight) {
        var rows = graph.freshName(gather.output() + "_quantized");
        var lookup = gather.withInput(0, weight.values().name()).withOutputs(rows);
        var node = Node.of(
                "DequantizeLinear",
                graph.freshName(gather.output() + "_dequantize"),
                List.of(rows, WeightStore.scaleName(weight), WeightStore.zeroPointName(weight)),
                gather.outputs());
        return List.of(lookup, weight.axis() < 0 ? node : node.with(Attribute.of("axis", -1)));
    }

    @Override
    public List<Node> table(Node gather) {
        return table(graph, gather, weights.get(gather.input(0)));
    }

    @Override
    public List<Node> activation(String tensor, String from, String to) {
        var scale = scale(tensor);
        var quantized = graph.freshName(tensor + "_quantized");
        graph.put(Tensor.floats(quantized + "_scale", new float[] {scale.scale()}));
        graph.put(Tensor.bytes(quantized + "_zero_point", DataType.UINT8, new byte[] {(byte) scale.zeroPoint()}));
        var parameters = List.of(quantized + "_scale", quantized + "_zero_point");
        return List.of(
                Node.of(
                        "QuantizeLinear",
                        quantized,
                        List.of(from, parameters.get(0), parameters.get(1)),
                        List.of(quantized)),
                Node.of(
                        "DequantizeLinear",
                        graph.freshName(tensor + "_dequantize"),
                        List.of(quantized, parameters.get(0), parameters.get(1)),
                        List.of(to)));
    }

    private Uint8Scale scale(String tensor) {
        var scale = scales.get(tensor);
        if (scale == null) {
            throw new IllegalStateException("no scale for '" + tensor + "'");
        }
        return scale;
    }
}
