package dev.millrace.onnx.op;

/**
 * An ONNX operator: how it is called and how it computes.
 *
 * <p>Adding one is one line in its family. Adding a family is one file and one word here.
 */
public sealed interface Op
        permits Activation,
                Arithmetic,
                Attention,
                ControlFlow,
                Index,
                Linear,
                Logic,
                Loss,
                Microsoft,
                Noise,
                Normalization,
                Pooling,
                Quantization,
                Recurrent,
                Reduction,
                Resampling,
                Sequences,
                Shaping,
                Signal {
    Form form();

    /** Operator type in the file: {@code "Conv"}. */
    default String type() {
        return form().type();
    }

    /** Operator domain, empty for the standard one. */
    default String domain() {
        return form().domain();
    }
}
