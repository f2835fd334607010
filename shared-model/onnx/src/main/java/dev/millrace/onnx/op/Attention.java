package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Attention and rotary positions of the standard domain. */
enum Attention implements Op {
    ATTENTION(op(
                    "Attention",
                    4,
                    "op.attention({0}, {1}, {2}, {3=None}, {4=None}, {5=None}, {6=None}, {is_causal=0}, {q_num_heads=0}, "
                            + "{kv_num_heads=0}, {scale=0.0}, {softcap=0.0}, {qk_matmul_output_mode=0})")
            .settings(3, 6)),
    ROTARY_EMBEDDING(op(
                    "RotaryEmbedding",
                    "op.rotary({0}, {1}, {2}, {3=None}, {interleaved=0}, {num_heads=0}, {rotary_embedding_dim=0})")
            .settings(1, 2, 3));

    private final Form form;

    Attention(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }
}
