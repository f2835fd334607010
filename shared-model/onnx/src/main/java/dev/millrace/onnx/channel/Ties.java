package dev.millrace.onnx.channel;

import dev.millrace.onnx.Node;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
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
                "Add Sub Mul Div Pow Max Min Sum Mean Mod And Or Xor Equal Greater Less GreaterOrEqual LessOrEqual Where"
                        + " PRelu BiasGelu FastGelu");
        rule(Ties::dropout, "Dropout");
        rule(Ties::slice, "Slice");
        rule(Ties::expand, "Expand");
        rule(Ties::convolution, "Conv FusedConv");
        rule(Ties::transposedConvolution, "ConvTranspose");
        rule(Ties::gemm, "Gemm");
        rule(Ties::matMul, "MatMul");
        rule(Ties::pool, "MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool");
        rule(Ties::channelNorm, "BatchNormalization InstanceNormalization");
        rule(Ties::layerNorm, "LayerNormalization RMSNormalization SimplifiedLayerNormalization");
        rule(Ties::softmax, "Softmax LogSoftmax");
        rule(Ties::reduction, "ReduceSum ReduceMean ReduceL1 ReduceL2 ReduceSumSquare");
        rule(NodeAxes::regroup, "Reshape Flatten Squeeze Unsqueeze");
        rule(Ties::transpose, "Transpose");
        rule(Ties::concat, "Concat");
        rule(Ties::split, "Split");
        rule(Ties::gather, "Gather");
        rule(Ties::recurrent, "LSTM GRU RNN");
        rule(Ties::shape, "Shape");
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

    /** Axes that keep their size are untouched, unless a step turns them round. */
    private static void slice(NodeAxes n) {
        var steps = n.has(4) ? n.seen().integers().get(n.node().input(4)) : new long[0];
        if (steps != null && Arrays.stream(steps).allMatch(step -> step > 0)) {
            n.same(0, 0);
        }
    }

    private static void expand(NodeAxes n) {
        for (int axis = 0; axis < n.outDims(0).length; axis++) {
            int from = axis - n.outDims(0).length + n.inDims(0).length;
            var out = List.of(n.out(0, axis));
            if (from >= 0 && Stretch.follows(n.graph(), n.node(), n.seen(), out)) {
                n.tie(n.in(0, from), n.out(0, axis));
            }
        }
    }

    /** X {@code (N, C, …)}, W {@code (M, C/g, …)}, B {@code (M)}; in grouped ones whole groups go. */
    private static void convolution(NodeAxes n) {
        n.tie(n.in(0, 0), n.out(0, 0));
        int group = (int) n.node().integer("group", 1);
        if (group == 1) {
            n.tie(n.in(0, 1), n.in(1, 1));
            n.tie(n.in(1, 0), n.out(0, 1));
        } else {
            n.free(n.in(1, 1));
            whole(n, group, n.in(1, 0));
        }
        if (n.has(2)) {
            n.tie(n.in(2, 0), n.out(0, 1));
        }
        if (n.has(3)) {
            n.same(3, 0);
        }
    }

    /** W {@code (C, M/g, …)}. */
    private static void transposedConvolution(NodeAxes n) {
        n.tie(n.in(0, 0), n.out(0, 0));
        n.tie(n.in(0, 1), n.in(1, 0));
        int group = (int) n.node().integer("group", 1);
        if (group == 1) {
            n.tie(n.in(1, 1), n.out(0, 1));
        } else {
            n.free(n.in(1, 1));
            whole(n, group, n.out(0, 1));
        }
        if (n.has(2)) {
            n.tie(n.in(2, 0), n.out(0, 1));
        }
    }

    /** All channels of a group of a convolution go together, in and out. */
    private static void whole(NodeAxes n, int group, Axis made) {
        int in = (int) n.inDims(0)[1];
        int out = (int) n.outDims(0)[1];
        n.tie(made, n.out(0, 1));
        for (int g = 0; g < group; g++) {
            n.join(n.in(0, 1), g * (in / group), in / group, n.out(0, 1), g * (out / group), out / group);
        }
    }

    private static void gemm(NodeAxes n) {
        int a = n.node().integer("transA", 0) == 0 ? 1 : 0;
        int b = n.node().integer("transB", 0) == 0 ? 0 : 1;
        n.tie(n.in(0, 1 - a), n.out(0, 0));
        n.tie(n.in(0, a), n.in(1, b));
        n.tie(n.in(1, 1 - b), n.out(0, 1));
        if (n.has(2)) {
            n.align(2, 0, 0);
        }
    }

    private static void matMul(NodeAxes n) {
        if (n.inDims(0).length < 2 || n.inDims(1).length < 2) {
            return;
        }
        n.align(0, 0, 1);
        n.align(1, 0, 2);
        n.tie(n.in(0, -1), n.in(1, -2));
        n.tie(n.in(1, -1), n.out(0, -1));
    }

    private static void pool(NodeAxes n) {
        if (n.node().output(1).isEmpty()) { // indices count through all channels
            n.tie(n.in(0, 0), n.out(0, 0));
            n.tie(n.in(0, 1), n.out(0, 1));
        }
    }

    private static void channelNorm(NodeAxes n) {
        n.same(0, 0);
        for (int parameter = 1; parameter < n.node().inputs().size(); parameter++) {
            n.tie(n.in(parameter, 0), n.out(0, 1));
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

    private static void transpose(NodeAxes n) {
        int rank = n.inDims(0).length;
        var reversed = new long[rank];
        Arrays.setAll(reversed, axis -> rank - 1 - axis);
        var perm = n.node().ints("perm", reversed);
        for (int axis = 0; axis < perm.length; axis++) {
            n.tie(n.in(0, (int) perm[axis]), n.out(0, axis));
        }
    }

    private static void concat(NodeAxes n) {
        int joined = Math.floorMod((int) n.node().integer("axis", 1), n.outDims(0).length);
        int offset = 0;
        for (int input = 0; input < n.node().inputs().size(); input++) {
            for (int axis = 0; axis < n.outDims(0).length; axis++) {
                if (axis != joined) {
                    n.tie(n.in(input, axis), n.out(0, axis));
                }
            }
            int extent = (int) n.inDims(input)[joined];
            n.tie(n.in(input, joined), n.out(0, joined), offset, extent, 1);
            offset += extent;
        }
    }

    private static void split(NodeAxes n) {
        int parted = Math.floorMod((int) n.node().integer("axis", 0), n.inDims(0).length);
        int offset = 0;
        for (int output = 0; output < n.node().outputs().size(); output++) {
            for (int axis = 0; axis < n.inDims(0).length; axis++) {
                if (axis != parted) {
                    n.tie(n.in(0, axis), n.out(output, axis));
                }
            }
            int extent = (int) n.outDims(output)[parted];
            n.tie(n.out(output, parted), n.in(0, parted), offset, extent, 1);
            offset += extent;
        }
    }

    /** Rows are looked up; the other axes of the table go through. */
    private static void gather(NodeAxes n) {
        int rows = Math.floorMod((int) n.node().integer("axis", 0), n.inDims(0).length);
        int indices = n.inDims(1).length;
        for (int axis = 0; axis < n.inDims(0).length; axis++) {
            if (axis != rows) {
                n.tie(n.in(0, axis), n.out(0, axis < rows ? axis : axis + indices - 1));
            }
        }
        for (int axis = 0; axis < indices; axis++) {
            n.tie(n.in(1, axis), n.out(0, rows + axis));
        }
    }

    /** X {@code (S, B, I)}, W {@code (D, G·H, I)}, R {@code (D, G·H, H)}: a hidden unit is a row of every gate. */
    private static void recurrent(NodeAxes n) {
        if (n.node().integer("layout", 0) != 0 || n.inDims(2)[0] != 1) {
            return;
        }
        var unit = n.in(2, 2);
        n.tie(n.in(0, 2), n.in(1, 2));
        for (int input : new int[] {1, 2, 3, 7}) {
            if (n.has(input)) {
                var gates = n.in(input, 1);
                n.tie(unit, gates, 0, (int) n.inDims(input)[1], 1);
            }
        }
        for (int state = 5; state <= 6; state++) {
            if (n.has(state)) {
                n.tie(unit, n.in(state, 2));
            }
        }
        for (int output = 0; output < n.node().outputs().size(); output++) {
            if (n.outDims(output).length > 0) {
                n.tie(unit, n.out(output, -1));
            }
        }
    }

    private static void shape(NodeAxes n) {
        for (int axis = 0; axis < n.inDims(0).length; axis++) {
            n.free(n.in(0, axis));
        }
    }
}
