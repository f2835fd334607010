package dev.millrace.onnx.channel;

import dev.millrace.onnx.Node;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The rule of each operator: which axes shrink together. An operator without one keeps everything it touches. */
final class Ties {
    private static final Map<String, Consumer<NodeAxes>> RULES = new HashMap<>();

    static {
        rule(
                n -> n.same(0, 0),
                "Abs Acos Asin Atan Cast Ceil Celu Clip Cos Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsNaN"
                        + " LeakyRelu Log Mish Neg Not QuickGelu Reciprocal Relu Round Selu Sigmoid Sign Sin Softplus"
                        + " Softsign Sqrt Swish Tan Tanh ThresholdedRelu Pad Resize Upsample Tile CumSum");
        rule(
                n -> n.broadcast(0),
                "Add Sub Mul Div Pow Max Min Sum Mean Mod And Or Xor Equal Greater Less GreaterOrEqual LessOrEqual"
                        + " Where PRelu BiasGelu FastGelu");
        rule(Ties::dropout, "Dropout");
        rule(LayoutTies::slice, "Slice");
        rule(LayoutTies::expand, "Expand");
        rule(ImageTies::convolution, "Conv FusedConv");
        rule(ImageTies::transposedConvolution, "ConvTranspose");
        rule(ProductTies::gemm, "Gemm");
        rule(ProductTies::matMul, "MatMul");
        rule(ImageTies::pool, "MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool");
        rule(ImageTies::channelNorm, "BatchNormalization InstanceNormalization");
        rule(Ties::layerNorm, "LayerNormalization RMSNormalization SimplifiedLayerNormalization");
        rule(Ties::softmax, "Softmax LogSoftmax");
        rule(Ties::reduction, "ReduceSum ReduceMean ReduceL1 ReduceL2 ReduceSumSquare");
        rule(NodeAxes::regroup, "Reshape Flatten Squeeze Unsqueeze");
        rule(LayoutTies::transpose, "Transpose");
        rule(LayoutTies::concat, "Concat");
        rule(LayoutTies::split, "Split");
        rule(LayoutTies::gather, "Gather");
        rule(ProductTies::recurrent, "LSTM GRU RNN");
        rule(LayoutTies::shape, "Shape");
        rule(ImageTies::groupNorm, "GroupNormalization");
        rule(ImageTies::depthToSpace, "DepthToSpace");
        rule(ImageTies::spaceToDepth, "SpaceToDepth");
        rule(ProductTies::einsum, "Einsum");
        rule(AttentionTies::attention, "Attention");
        rule(Ties::rounding, "QuantizeLinear DequantizeLinear");
    }

    private Ties() {}

    private static void rule(Consumer<NodeAxes> rule, String types) {
        Arrays.stream(types.split(" ")).forEach(type -> RULES.put(type, rule));
    }

    static Optional<Consumer<NodeAxes>> of(Node node) {
        boolean known = node.domain().isEmpty() || node.domain().equals("com.microsoft");
        return known ? Optional.ofNullable(RULES.get(node.opType())) : Optional.empty();
    }

    private static void dropout(NodeAxes n) {
        for (int output = 0; output < n.node().outputs().size(); output++) {
            n.same(0, output);
        }
    }

    private static void layerNorm(NodeAxes n) {
        n.same(0, 0);
        for (int parameter = 1; parameter < n.node().inputs().size(); parameter++) {
            if (n.has(parameter)) {
                n.align(parameter, 0, 0);
            }
        }
        for (int output = 1; output < n.node().outputs().size(); output++) {
            n.same(0, output);
        }
    }

    /** Scale and zero point are one number, or one for each index of an axis; with blocks everything stays. */
    private static void rounding(NodeAxes n) {
        if (n.node().integer("block_size", 0) > 0) {
            return;
        }
        n.same(0, 0);
        int axis = (int) n.node().integer("axis", 1);
        for (int parameter = 1; parameter <= 2; parameter++) {
            if (n.has(parameter) && n.inDims(parameter).length == 1 && n.inDims(parameter)[0] > 1) {
                n.tie(n.in(parameter, 0), n.out(0, axis));
            }
        }
    }

    /** Axes before the one summed over go through; later ones are summed over too in old opsets, as is axis 1 by default. */
    private static void softmax(NodeAxes n) {
        int summed = Math.floorMod((int) n.node().integer("axis", 1), Math.max(1, n.outDims(0).length));
        for (int axis = 0; axis < summed; axis++) {
            n.tie(n.in(0, axis), n.out(0, axis));
        }
    }

    private static void reduction(NodeAxes n) {
        int rank = n.inDims(0).length;
        var axes = n.axes();
        int kept = 0;
        for (int axis = 0; axis < rank; axis++) {
            boolean reduced = axes.length == 0 || contains(axes, axis, rank);
            if (reduced) {
                n.free(n.in(0, axis));
            } else if (kept < n.outDims(0).length) {
                n.tie(n.in(0, axis), n.out(0, kept));
            }
            kept += reduced && n.node().integer("keepdims", 1) == 0 ? 0 : 1;
        }
    }

    private static boolean contains(long[] axes, int axis, int rank) {
        return Arrays.stream(axes).anyMatch(each -> Math.floorMod(each, (long) rank) == axis);
    }
}
