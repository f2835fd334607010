package dev.millrace.onnx.gate;

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
        on(
                ParameterRules::convolution,
                "Conv",
                "ConvTranspose",
                "ConvInteger",
                "QLinearConv",
                "DeformConv",
                "FusedConv");
        on(SizeRules::window, "MaxPool", "AveragePool", "LpPool", "MaxUnpool", "QLinearAveragePool", "Col2Im");
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
        on(SizeRules::range, "Range");
        on(check -> check.integers(1).ifPresent(depth -> check.size(depth, "depth")), "OneHot");
        on(SizeRules::padding, "Pad");
        on(SizeRules::resize, "Resize", "Upsample");
        on(
                check -> check.integers(0).ifPresent(size -> check.size(size, "window")),
                "HannWindow",
                "HammingWindow",
                "BlackmanWindow");
        on(SizeRules::regions, "RoiAlign", "MaxRoiPool");
        on(check -> check.range("size", 1, MAX_EXTENT), "LRN");
        on(ParameterRules::gemm, "Gemm");
        on(ParameterRules::normalization, "BatchNormalization");
        on(
                check -> check.constant(1).ifPresent(scale -> check.sameLength(2, scale.elements(), "bias")),
                "InstanceNormalization",
                "GroupNormalization");
        on(ParameterRules::recurrent, "LSTM", "GRU", "RNN");
        on(ParameterRules::quantization, "QuantizeLinear", "DequantizeLinear");
        on(NodeRules::blocks, "MatMulNBits", "GatherBlockQuantized");
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

    private static void heads(NodeCheck check) {
        for (var attribute : List.of("num_heads", "q_num_heads", "kv_num_heads")) {
            check.range(attribute, 1, MAX_EXTENT);
        }
    }

    private static void blocks(NodeCheck check) {
        check.range("bits", 2, 8);
        check.range("block_size", 16, MAX_EXTENT);
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
}
