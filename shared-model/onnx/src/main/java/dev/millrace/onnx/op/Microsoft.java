package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.MICROSOFT;
import static dev.millrace.onnx.op.Form.op;

/** Fusions that exporters and ONNX Runtime's optimizers leave, domain {@code com.microsoft}. */
enum Microsoft implements Op {
    ATTENTION(op(
                    "Attention",
                    2,
                    "op.packed_attention({0}, {1}, {2=None}, {3=None}, {4=None}, {5=None}, {num_heads=1}, "
                            + "{unidirectional=0}, {scale=0.0}, {mask_filter_value=-10000.0}, {qkv_hidden_sizes=[]})")
            .in(MICROSOFT)
            .settings(3)),
    BIAS_GELU(op("BiasGelu", "torch.gelu({0} + {1})").in(MICROSOFT)),
    DEQUANTIZE_LINEAR(op("DequantizeLinear", "op.dequantize({0}, {1}, {2=None}, {axis=1}, {block_size=0})")
            .in(MICROSOFT)
            .settings(1, 2)),
    DYNAMIC_QUANTIZE_MAT_MUL(
            op("DynamicQuantizeMatMul", "op.dynamic_quantize_matmul({0}, {1}, {2}, {3=None}, {4=None})")
                    .in(MICROSOFT)
                    .settings(2, 3)),
    EMBED_LAYER_NORMALIZATION(op(
                    "EmbedLayerNormalization",
                    3,
                    "op.embed_layer_norm({0}, {1=None}, {2}, {3}, {4=None}, {5}, {6}, {7=None}, {8=None}, "
                            + "{epsilon=1.0E-12})")
            .in(MICROSOFT)),
    FAST_GELU(op("FastGelu", "op.fast_gelu({0}, {1=None})").in(MICROSOFT)),
    FUSED_CONV(op(
                    "FusedConv",
                    "op.fused_activation(op.plus(op.conv({0}, {1}, {2=None}, {auto_pad='NOTSET'}, {strides=[]}, "
                            + "{pads=[]}, {dilations=[]}, {group=1}), {3=None}), "
                            + "{activation=''}, {activation_params:floats=[]})")
            .in(MICROSOFT)),
    FUSED_GEMM(op(
                    "FusedGemm",
                    "op.fused_activation(op.gemm(op.flip({0}, {transA=0}), op.flip({1}, {transB=0}), {2=None}, "
                            + "{alpha=1.0}, {beta=1.0}), {activation=''}, [{activation_alpha=0.01}, "
                            + "{activation_beta=0.0}])")
            .in(MICROSOFT)),
    FUSED_MAT_MUL(op(
                    "FusedMatMul",
                    "op.fused_matmul({0}, {1}, {alpha=1.0}, {transA=0}, {transB=0}, {transBatchA=0}, "
                            + "{transBatchB=0})")
            .in(MICROSOFT)),
    GELU(op("Gelu", "torch.gelu({0})").in(MICROSOFT)),
    INVERSE(op("Inverse", "torch.inverse({0})").in(MICROSOFT)),
    MAT_MUL_INTEGER_TO_FLOAT(
            op("MatMulIntegerToFloat", "op.matmul_integer_to_float({0}, {1}, {2}, {3}, {4=None}, {5=None}, {6=None})")
                    .in(MICROSOFT)
                    .settings(2, 3, 4, 5)),
    MAT_MUL_N_BITS(op(
                    "MatMulNBits",
                    "op.matmul_nbits({0}, {1}, {2}, {3=None}, {5=None}, {K=0}, {N=0}, {bits=4}, " + "{block_size=32})")
            .in(MICROSOFT)
            .settings(2, 3)),
    MULTI_HEAD_ATTENTION(op(
                    "MultiHeadAttention",
                    3,
                    "op.multi_head_attention({0}, {1=None}, {2=None}, {3=None}, {4=None}, {5=None}, {6=None}, "
                            + "{7=None}, {num_heads=1}, {unidirectional=0}, {scale=0.0}, {mask_filter_value=-10000.0})")
            .in(MICROSOFT)
            .settings(4)),
    QUANTIZE_LINEAR(op("QuantizeLinear", Quantization.QUANTIZE_LINEAR.form().emitter())
            .in(MICROSOFT)
            .settings(1, 2)),
    QUICK_GELU(op("QuickGelu", "op.swish({0}, {alpha=1.702})").in(MICROSOFT)),
    Q_LINEAR_ADD(op("QLinearAdd", binary("+")).in(MICROSOFT).settings(1, 2, 4, 5, 6, 7)),
    Q_LINEAR_MUL(op("QLinearMul", binary("*")).in(MICROSOFT).settings(1, 2, 4, 5, 6, 7)),
    Q_LINEAR_AVERAGE_POOL(op(
                    "QLinearAveragePool",
                    unary("op.average_pool({0}, {kernel_shape=[]}, {auto_pad='NOTSET'}, {strides=[]}, {pads=[]}, "
                            + "{dilations=[]}, {ceil_mode=0}, {count_include_pad=0})"))
            .in(MICROSOFT)
            .settings(1, 2, 3, 4)),
    Q_LINEAR_GLOBAL_AVERAGE_POOL(op("QLinearGlobalAveragePool", unary("torch.mean({0}, op.spatial({0}), True)"))
            .in(MICROSOFT)
            .settings(1, 2, 3, 4)),
    Q_LINEAR_LEAKY_RELU(op("QLinearLeakyRelu", unary("torch.leaky_relu({0}, {alpha=0.01})"))
            .in(MICROSOFT)
            .settings(1, 2, 3, 4)),
    Q_LINEAR_SIGMOID(
            op("QLinearSigmoid", unary("torch.sigmoid({0})")).in(MICROSOFT).settings(1, 2, 3, 4)),
    Q_LINEAR_SOFTMAX(op("QLinearSoftmax", unary("torch.softmax({0}, {axis=-1})"))
            .in(MICROSOFT)
            .settings(1, 2, 3, 4)),
    ROTARY_EMBEDDING(op(
                    "RotaryEmbedding",
                    "op.rotary({0}, {2}, {3}, {1}, {interleaved=0}, {num_heads=0}, {rotary_embedding_dim=0})")
            .in(MICROSOFT)
            .settings(1, 2, 3)),
    SIMPLIFIED_LAYER_NORMALIZATION(
            op("SimplifiedLayerNormalization", "op.rms_norm({0}, {1}, {axis=-1}, {epsilon=0.00001})")),
    SKIP_LAYER_NORMALIZATION(
            op("SkipLayerNormalization", 4, "op.skip_layer_norm({0}, {1}, {2}, {3=None}, {4=None}, {epsilon=1.0E-12})")
                    .in(MICROSOFT)),
    SKIP_SIMPLIFIED_LAYER_NORMALIZATION(
            op("SkipSimplifiedLayerNormalization", 4, "op.skip_rms_norm({0}, {1}, {2}, {3=None}, {epsilon=1.0E-12})")
                    .in(MICROSOFT)),
    TRANSPOSE_MAT_MUL(op("TransposeMatMul", "op.fused_matmul({0}, {1}, {alpha=1.0}, {transA=0}, {transB=0}, 0, 0)")
            .in(MICROSOFT));

    private final Form form;

    Microsoft(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    /** {@code Y = q(f(dq(X)))}: inputs X, its scale and zero, then those of Y. */
    private static String unary(String function) {
        var x = "op.dequantize({0}, {1}, {2=None}, 1, 0)";
        return "op.quantize(" + function.replace("{0}", x) + ", {3}, {4}, 1, 0, {4}.dtype, 0, 0)";
    }

    /** {@code C = q(dq(A) op dq(B))}: each of A, B, C with its scale and zero. */
    private static String binary(String operator) {
        return "op.quantize(op.dequantize({0}, {1}, {2}, 1, 0) " + operator
                + " op.dequantize({3}, {4}, {5}, 1, 0), {6}, {7}, 1, 0, {7}.dtype, 0, 0)";
    }
}
