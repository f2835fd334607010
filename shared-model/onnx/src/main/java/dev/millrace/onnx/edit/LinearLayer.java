package dev.millrace.onnx.edit;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A Conv, ConvTranspose or Gemm whose weight and bias are constant.
 *
 * @param weight {@code (M, C/group, k…)}, {@code (C, M/group, k…)} or, for Gemm, {@code (K, N)}, transposed {@code (N, K)}
 * @param bias {@code (M)} or one number; absent if the node has none
 * @param channels output channels M or N
 */
record LinearLayer(Node node, Tensor weight, @Nullable Tensor bias, int channels) {
    /** Axis of the output channels in the output. */
    static final int CHANNEL_AXIS = 1;

    static Optional<LinearLayer> of(Graph graph, Node node) {
        if (!node.is("Conv") && !node.is("ConvTranspose") && !node.is("Gemm")) {
            return Optional.empty();
        }
        var weight =
                graph.constant(node.input(1)).filter(LinearLayer::isFoldable).orElse(null);
        var bias = graph.constant(node.input(2)).filter(LinearLayer::isFoldable).orElse(null);
        if (weight == null || weight.rank() < 2 || (node.hasInput(2) && bias == null)) {
            return Optional.empty();
        }
        long channels = node.is("Gemm")
                ? weight.dim(node.integer("transB", 0) == 0 ? 1 : 0)
                : node.is("Conv") ? weight.dim(0) : weight.dim(1) * node.integer("group", 1);
        boolean biasFits =
                bias == null || bias.elements() == 1 || (bias.elements() == channels && bias.dim(-1) == channels);
        return biasFits ? Optional.of(new LinearLayer(node, weight, bias, (int) channels)) : Optional.empty();
    }

    private static boolean isFoldable(Tensor tensor) {
        return tensor.type().isFloatingPoint() && tensor.type() != DataType.DOUBLE;
    }

    /** Axes of the output. */
    int rank() {
        return weight.rank();
    }

    /** Whether the map can be folded without making a second copy of a shared weight. */
    boolean accepts(Graph graph, Affine affine) {
        return affine.isShiftOnly() || isOwn(graph, node.input(1));
    }

    private boolean isOwn(Graph graph, String constant) {
        return graph.defines(constant) && graph.onlyConsumer(constant).isPresent();
    }

    /** Puts the map into weight and bias and lets the layer make {@code output}; returns the new node. */
    Node fold(Graph graph, Affine affine, String output) {
        if (!affine.isShiftOnly()) {
            graph.setConstant(scaled(affine));
        }
        var name = node.hasInput(2)
                ? node.input(2)
                : graph.freshName((node.name().isEmpty() ? node.output() : node.name()) + ".bias");
        if (node.hasInput(2) && isOwn(graph, name)) {
            graph.setConstant(shifted(affine, name));
        } else {
            name = node.hasInput(2) ? graph.freshName(name + ".folded") : name;
            graph.put(shifted(affine, name));
        }
        var merged = node.withInput(2, name).withOutputs(output).without("beta");
        graph.replace(node, merged);
        return merged;
    }

    private Tensor scaled(Affine affine) {
        var values = weight.floats();
        int outer = (int) weight.dim(0);
        int perOuter = values.length / Math.max(1, outer);
        int perInner = (int) (perOuter / Math.max(1, weight.dim(1)));
        for (int i = 0; i < values.length; i++) {
            int first = i / perOuter;
            int second = i % perOuter / perInner;
            values[i] *= affine.scale(channel(first, second));
        }
        return weight.withFloats(values).withName(node.input(1));
    }

    /** Output channel of the weight's element at {@code [first, second, …]}. */
    private int channel(int first, int second) {
        if (node.is("ConvTranspose")) {
            int groups = (int) node.integer("group", 1);
            int group = first / (int) (weight.dim(0) / groups);
            return group * (int) weight.dim(1) + second;
        }
        return node.is("Gemm") && node.integer("transB", 0) == 0 ? second : first;
    }

    private Tensor shifted(Affine affine, String name) {
        var old = bias == null ? new float[1] : bias.floats();
        float beta = node.is("Gemm") ? node.real("beta", 1) : 1;
        var values = new float[channels];
        for (int m = 0; m < channels; m++) {
            values[m] = affine.scale(m) * beta * old[old.length == 1 ? 0 : m] + affine.shift(m);
        }
        return Tensor.floats(name, weight.type(), values, channels);
    }
}
