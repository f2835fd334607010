package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Random numbers, from the seed of the engine: a seed in the file is not followed. */
enum Noise implements Op {
    BERNOULLI(op("Bernoulli", Noise.typed("torch.bernoulli(torch.to({0}, 6))"))),
    MULTINOMIAL(op("Multinomial", "op.cast(torch.multinomial(torch.exp({0}), {sample_size=1}, True), {dtype:type=3})")),
    RANDOM_NORMAL(op("RandomNormal", "torch.randn({shape=[]}, dtype={dtype:type=6}) * {scale=1.0} + {mean=0.0}")),
    RANDOM_NORMAL_LIKE(
            op("RandomNormalLike", Noise.typed("torch.randn({0}.shape, dtype=6) * {scale=1.0} + {mean=0.0}"))),
    RANDOM_UNIFORM(
            op("RandomUniform", "torch.rand({shape=[]}, dtype={dtype:type=6}) * ({high=1.0} - {low=0.0}) + {low=0.0}")),
    RANDOM_UNIFORM_LIKE(op(
            "RandomUniformLike", Noise.typed("torch.rand({0}.shape, dtype=6) * ({high=1.0} - {low=0.0}) + {low=0.0}")));

    private final Form form;

    Noise(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    /** The result has the type {@code dtype}, or that of the first input. */
    private static Template typed(String expression) {
        return Template.of("op.cast(" + expression + ", {dtype:type={0}.dtype})");
    }
}
