package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Losses that are nodes of a graph; mean, sum or none over the batch. */
enum Loss implements Op {
    NEGATIVE_LOG_LIKELIHOOD(op(
                    "NegativeLogLikelihoodLoss",
                    "op.nll_loss({0}, {1}, {2=None}, {reduction='mean'}, {ignore_index=-9223372036854775807})")
            .settings(2)),
    SOFTMAX_CROSS_ENTROPY(op(
                    "SoftmaxCrossEntropyLoss",
                    2,
                    "op.cross_entropy({0}, {1}, {2=None}, {reduction='mean'}, {ignore_index=-9223372036854775807})")
            .settings(2));

    private final Form form;

    Loss(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }
}
