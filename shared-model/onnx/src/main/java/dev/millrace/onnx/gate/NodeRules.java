package dev.millrace.onnx.gate;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Rules for operators that were seen to crash, hang, or read beyond their buffers in native code. */
final class NodeRules {
    private static final long MAX_EXTENT = 1 << 16;
    private static final Set<String> NATIVE_DOMAINS = Set.of("", "com.microsoft");
    private static final Map<String, Consumer<NodeCheck>> RULES = new HashMap<>();

    static {
        on(NodeRules::convolution, "Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", "FusedConv");
        on(NodeRules::window, "MaxPool", "AveragePool", "LpPool", "MaxUnpool", "QLinearAveragePool", "Col2Im");
        on(check -> check.range("blocksize", 1, 1024), "DepthToSpace", "SpaceToDepth");
        on(
                NodeRules::heads,
                "Attention",
                "MultiHeadAttention",
                "GroupQueryAttention",
                "QAttention",
                "PackedAttention",
                "DecoderAttention",
                "DecoderMaskedMultiHeadAttention",
                "DecoderMaskedSelfAttention",
                "SparseAttention",
                "LongformerAttention",
                "PackedMultiHeadAttention",
                "PagedAttention",
                "LinearAttention");
        on(NodeRules::splits, "Split", "SplitToSequence");
        on(NodeRules::integerDivision, "Div", "Mod");
        on(EinsumRule::check, "Einsum");
        on(NodeRules::scan, "Scan");
        on(check -> check.integers(0).ifPresent(shape -> check.size(shape, "shape")), "ConstantOfShape");
        on(check -> check.integers(1).ifPresent(shape -> check.size(shape, "shape")), "Expand");
        on(check -> check.integers(1).ifPresent(repeats -> check.size(repeats, "repeats")), "Tile");
        on(check -> check.size(check.node().ints("shape"), "shape"), "RandomNormal", "RandomUniform");
        on(check -> check.range("sample_size", 1, 1 << 24), "Multinomial");
        on(NodeRules::range, "Range");
        on(check -> check.integers(1).ifPresent(depth -> check.size(depth, "depth")), "OneHot");
        on(NodeRules::padding, "Pad");
        on(NodeRules::resize, "Resize", "Upsample");
        on(
                check -> check.integers(0).ifPresent(size -> check.size(size, "window")),
                "HannWindow",
                "HammingWindow",
                "BlackmanWindow");
        on(NodeRules::regions, "RoiAlign", "MaxRoiPool");
        on(check -> check.range("size", 1, MAX_EXTENT), "LRN");
        on(NodeRules::gemm, "Gemm");
        on(NodeRules::normalization, "BatchNormalization");
        on(
                check -> check.constant(1).ifPresent(scale -> check.sameLength(2, scale.elements(), "bias")),
                "InstanceNormalization",
                "GroupNormalization");
        on(NodeRules::recurrent, "LSTM", "GRU", "RNN");
        on(NodeRules::quantization, "QuantizeLinear", "DequantizeLinear");
    }

    private NodeRules() {}

    private static void on(Consumer<NodeCheck> rule, String... types) {
        for (var type : types) {
            RULES.put(type, rule);
        }
    }

    static void check(NodeCheck check) {
        var rule = RULES.get(check.node().opType());
        if (rule != null && NATIVE_DOMAINS.contains(check.node().domain())) {
            rule.accept(check);
        }
    }

    /** Kernels, strides and pads of convolutions and pools. */
    private static void window(NodeCheck check) {
        check.ranges("kernel_shape", 1, MAX_EXTENT);
        check.ranges("block_shape", 1, MAX_EXTENT);
        check.ranges("strides", 1, Integer.MAX_VALUE);
        check.ranges("dilations", 1, MAX_EXTENT);
        check.ranges("pads", -MAX_EXTENT, MAX_EXTENT);
        long elements = 1;
        for (var extent : check.node().ints("kernel_shape")) {
            elements = NodeCheck.saturatedProduct(elements, extent);
        }
        check.require(
                elements <= check.limits().windowElements(),
                "ATTRIBUTE_RANGE",
                "a window of " + elements + " elements",
                "at most " + check.limits().windowElements());
    }

    private static void convolution(NodeCheck check) {
        window(check);
        check.range("group", 1, Integer.MAX_VALUE);
        check.range("offset_group", 1, Integer.MAX_VALUE);
        long group = check.isSet("group") ? check.node().integer("group", 1) : 1;
        boolean quantized = check.node().is("QLinearConv");
        check.constant(quantized ? 3 : 1).ifPresent(weight -> {
            check.require(weight.rank() >= 3, "PARAMETER_LENGTH", "weight " + weight, "at least 3 axes");
            check.require(
                    weight.dim(0) % group == 0, "ATTRIBUTE_RANGE", "group=" + group, "a divisor of " + weight.dim(0));
            var kernel = check.node().ints("kernel_shape");
            for (int axis = 0; axis < kernel.length; axis++) {
                check.require(
                        axis + 2 < weight.rank() && weight.dim(axis + 2) == kernel[axis],
                        "PARAMETER_LENGTH",
                        "kernel_shape " + java.util.Arrays.toString(kernel),
                        "the kernel of weight " + weight);
            }
            long filters = check.node().is("ConvTranspose") ? weight.dim(1) * group : weight.dim(0);
            int bias = quantized ? 8 : check.node().is("DeformConv") ? 3 : 2;
            if (!check.node().is("ConvInteger")) {
                check.sameLength(bias, filters, "bias");
            }
        });
    }

    private static void heads(NodeCheck check) {
        for (var attribute : List.of("num_heads", "q_num_heads", "kv_num_heads")) {
            check.range(attribute, 1, MAX_EXTENT);
        }
    }

    private static void splits(NodeCheck check) {
        boolean toSequence = check.node().is("SplitToSequence");
        check.range("num_outputs", 1, MAX_EXTENT);
        check.integers(1).ifPresent(split -> {
            boolean scalar = check.constant(1).orElseThrow().rank() == 0;
            for (var length : split) {
                check.require(
                        length > 0 || (length == 0 && !(toSequence && scalar)),
                        "ATTRIBUTE_RANGE",
                        "split " + length,
                        "a positive length");
            }
        });
    }

    /** The processor traps on x / 0 and on the smallest integer / −1. */
    private static void integerDivision(NodeCheck check) {
        check.integers(1).ifPresent(divisors -> {
            boolean minusOne = false;
            for (var divisor : divisors) {
                check.require(divisor != 0, "DIVISION_TRAP", "an integer divisor 0", "divisors other than 0");
                minusOne |= divisor == -1;
            }
            if (minusOne) {
                check.integers(0).ifPresent(dividends -> {
                    for (var dividend : dividends) {
                        check.require(
                                dividend != Long.MIN_VALUE && dividend != Integer.MIN_VALUE,
                                "DIVISION_TRAP",
                                dividend + " / -1",
                                "a quotient that the type can hold");
                    }
                });
            }
        });
    }

    private static void scan(NodeCheck check) {
        check.range("num_scan_inputs", 1, check.node().inputs().size());
        check.node()
                .graph("body")
                .ifPresent(body -> check.require(
                        body.inputs().size() == check.node().inputs().size()
                                || check.node().inputs().size() == body.inputs().size() + 1,
                        "PARAMETER_LENGTH",
                        "a body of " + body.inputs().size() + " inputs",
                        check.node().inputs().size() + " inputs"));
    }

    private static void range(NodeCheck check) {
        var start = check.integers(0);
        var limit = check.integers(1);
        var delta = check.integers(2);
        delta.ifPresent(
                step -> check.require(step.length == 1 && step[0] != 0, "ATTRIBUTE_RANGE", "delta 0", "another"));
        if (start.isPresent() && limit.isPresent() && delta.isPresent()) {
            double count = ((double) limit.get()[0] - start.get()[0]) / delta.get()[0];
            check.require(
                    count <= check.limits().valueBytes(),
                    "VALUE_TOO_LARGE",
                    "a range of " + (long) count + " elements",
                    "at most " + check.limits().valueBytes());
        }
    }

    private static void padding(NodeCheck check) {
        check.ranges("pads", -Integer.MAX_VALUE, 1 << 24);
        check.integers(1).ifPresent(pads -> {
            for (var pad : pads) {
                check.require(Math.abs(pad) <= 1 << 24, "VALUE_TOO_LARGE", "padding by " + pad, "at most " + (1 << 24));
            }
        });
    }

    private static void resize(NodeCheck check) {
        check.integers(3).ifPresent(sizes -> check.size(sizes, "sizes"));
        for (int input = 1; input <= 2; input++) {
            var scales = check.constant(input)
                    .filter(tensor -> tensor.type() == DataType.FLOAT
                            && tensor.elements() <= check.limits().rank());
            if (scales.isPresent() && (input == 2 || check.node().inputs().size() == 2)) {
                for (var scale : scales.get().floats()) {
                    check.require(
                            scale > 0 && scale <= 1024, "ATTRIBUTE_RANGE", "scale " + scale, "above 0, at most 1024");
                }
            }
        }
    }

    private static void regions(NodeCheck check) {
        check.range("output_height", 1, 8192);
        check.range("output_width", 1, 8192);
        check.range("sampling_ratio", 0, 1024);
        check.ranges("pooled_shape", 1, 8192);
    }

    private static void gemm(NodeCheck check) {
        long transposed = check.node().integer("transB", 0);
        check.constant(1).ifPresent(weight -> {
            check.require(weight.rank() == 2, "PARAMETER_LENGTH", "B " + weight, "2 axes");
            long columns = weight.dim(transposed == 0 ? 1 : 0);
            check.constant(2)
                    .ifPresent(bias -> check.require(
                            bias.rank() <= 2 && (bias.rank() == 0 || bias.dim(-1) == columns || bias.dim(-1) == 1),
                            "PARAMETER_LENGTH",
                            "C " + bias,
                            "(" + columns + ") or broadcast to it"));
        });
    }

    private static void normalization(NodeCheck check) {
        if (check.node().integer("spatial", 1) != 0) {
            check.constant(1).ifPresent(scale -> {
                check.sameLength(2, scale.elements(), "bias");
                check.sameLength(3, scale.elements(), "mean");
                check.sameLength(4, scale.elements(), "variance");
            });
        }
    }

    /** W {@code (D, G·H, I)}, R {@code (D, G·H, H)}, B {@code (D, 2·G·H)}; D directions, G gates, H hidden. */
    private static void recurrent(NodeCheck check) {
        check.range("hidden_size", 1, 1 << 20);
        long gates = check.node().is("LSTM") ? 4 : check.node().is("GRU") ? 3 : 1;
        check.constant(2).filter(recurrence -> recurrence.rank() == 3).ifPresent(recurrence -> {
            long hidden = recurrence.dim(2);
            check.require(
                    recurrence.dim(1) == gates * hidden && check.node().integer("hidden_size", hidden) == hidden,
                    "PARAMETER_LENGTH",
                    "R " + recurrence,
                    "(directions, " + gates + "·hidden, hidden)");
            check.constant(1)
                    .ifPresent(weight -> check.require(
                            weight.rank() == 3 && weight.dim(1) == gates * hidden && weight.dim(0) == recurrence.dim(0),
                            "PARAMETER_LENGTH",
                            "W " + weight,
                            "(directions, " + gates * hidden + ", inputs)"));
            check.constant(3)
                    .ifPresent(bias -> check.require(
                            bias.rank() == 2 && bias.dim(1) == 2 * gates * hidden && bias.dim(0) == recurrence.dim(0),
                            "PARAMETER_LENGTH",
                            "B " + bias,
                            "(directions, " + 2 * gates * hidden + ")"));
        });
    }

    private static void quantization(NodeCheck check) {
        check.range("block_size", 0, Integer.MAX_VALUE);
        check.constant(1)
                .ifPresent(scale -> check.constant(2)
                        .ifPresent(zero -> check.require(
                                zero.elements() == scale.elements(),
                                "PARAMETER_LENGTH",
                                "zero point " + zero,
                                "the shape of scale " + scale)));
        if (check.node().integer("block_size", 0) == 0) {
            check.constant(0).ifPresent(values -> check.constant(1).ifPresent(scale -> perAxis(check, values, scale)));
        }
    }

    private static void perAxis(NodeCheck check, Tensor values, Tensor scale) {
        if (scale.rank() == 1 && scale.elements() != 1) {
            long axis = check.node().integer("axis", 1);
            long counted = axis < 0 ? axis + values.rank() : axis;
            check.require(
                    counted >= 0 && counted < values.rank() && values.dim((int) counted) == scale.elements(),
                    "PARAMETER_LENGTH",
                    "scale " + scale + " on axis " + axis,
                    "the length of that axis of " + values);
        }
    }

    /**
     * How often a node runs its subgraphs: the trip count of a Loop that nothing but the count ends, else 1.
     *
     * <p>A huge count is how exporters write {@code while}: it is allowed where the body decides.
     */
    static long trips(Graph graph, Node node) {
        if (!node.is("Loop")) {
            return 1;
        }
        boolean bodyDecides = node.graph("body").map(NodeRules::decides).orElse(true);
        if (bodyDecides) {
            return 1;
        }
        if (!node.hasInput(0)) {
            boolean neverStarts = graph.constant(node.input(1))
                    .map(condition -> condition.longs()[0] == 0)
                    .orElse(false);
            return neverStarts ? 1 : Long.MAX_VALUE;
        }
        return graph.constant(node.input(0))
                .filter(count -> count.elements() == 1 && count.type().isInteger())
                .map(count -> Math.max(1, count.longs()[0]))
                .orElse(1L);
    }

    /** Whether the body's condition depends on anything but itself and constants. */
    private static boolean decides(Graph body) {
        if (body.outputs().isEmpty()) {
            return true;
        }
        var condition = body.outputs().get(0).name();
        var passed = Set.of("Identity", "Cast");
        for (int step = 0; step < 16; step++) {
            var producer = body.producer(condition);
            if (producer.isEmpty() || !passed.contains(producer.get().opType())) {
                break;
            }
            condition = producer.get().input(0);
        }
        boolean ownInput = body.inputs().stream()
                .skip(1)
                .limit(1)
                .map(input -> input.name())
                .anyMatch(condition::equals);
        boolean alwaysTrue =
                body.constant(condition).map(value -> value.longs()[0] != 0).orElse(false);
        return !ownInput && !alwaysTrue;
    }
}
