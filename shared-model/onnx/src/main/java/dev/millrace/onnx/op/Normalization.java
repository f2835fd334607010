package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Operators that shift and scale by statistics. */
enum Normalization implements Op {
    BATCH_NORMALIZATION(op("BatchNormalization", Normalization::batch).statistics(3, 4)),
    GROUP_NORMALIZATION(op("GroupNormalization", "torch.group_norm({0}, {num_groups=1}, {1}, {2}, {epsilon=0.00001})")
            .since(21)),
    GROUP_NORMALIZATION_18(
            op("GroupNormalization", "op.group_norm_18({0}, {1}, {2}, {num_groups=1}, {epsilon=0.00001})")
                    .until(20)),
    INSTANCE_NORMALIZATION(op("InstanceNormalization", "op.instance_norm({0}, {1}, {2}, {epsilon=0.00001})")),
    LAYER_NORMALIZATION(op("LayerNormalization", 3, "op.layer_norm({0}, {1}, {2=None}, {axis=-1}, {epsilon=0.00001})")),
    LP_NORMALIZATION(op("LpNormalization", "op.lp_norm({0}, {axis=-1}, {p=2})")),
    LRN(op("LRN", "op.lrn({0}, {alpha=0.0001}, {beta=0.75}, {bias=1.0}, {size=1})")),
    MEAN_VARIANCE_NORMALIZATION(op("MeanVarianceNormalization", "op.mean_variance({0}, {axes=[0, 2, 3]})")),
    RMS_NORMALIZATION(op("RMSNormalization", "op.rms_norm({0}, {1}, {axis=-1}, {epsilon=0.00001})"));

    private final Form form;

    Normalization(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    private static final Template INFERENCE = Template.of(
            "op.batch_norm({0}, {1}, {2}, {3}, {4}, self.training and self.batch_statistics, 1.0 - {momentum=0.9}, {epsilon=0.00001})");
    private static final Template TRAINING =
            Template.of("op.batch_norm_training({0}, {1}, {2}, {3}, {4}, {momentum=0.9}, {epsilon=0.00001})", 5);

    /** A node that asks for the running statistics gets them as values; otherwise training updates them in place. */
    private static void batch(Emission e) {
        if (e.node().integer("training_mode", 0) != 0) {
            TRAINING.emit(e);
        } else {
            e.define(0, INFERENCE.render(e));
        }
    }
}
