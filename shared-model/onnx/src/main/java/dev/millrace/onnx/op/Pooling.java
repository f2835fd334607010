package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Windows that slide over the spatial axes, and pooling over all of them. */
enum Pooling implements Op {
    AVERAGE_POOL(
            op(
                    "AveragePool",
                    "op.average_pool({0}, {kernel_shape=[]}, {auto_pad='NOTSET'}, {strides=[]}, {pads=[]}, {dilations=[]}, {ceil_mode=0}, {count_include_pad=0})")),
    GLOBAL_AVERAGE_POOL(op("GlobalAveragePool", "op.global_average({0})")),
    GLOBAL_LP_POOL(op("GlobalLpPool", "op.global_lp_pool({0}, {p=2})")),
    GLOBAL_MAX_POOL(op("GlobalMaxPool", "torch.amax({0}, op.spatial({0}), True)")),
    LP_POOL(
            op(
                    "LpPool",
                    "op.lp_pool({0}, {kernel_shape=[]}, {auto_pad='NOTSET'}, {strides=[]}, {pads=[]}, {dilations=[]}, {ceil_mode=0}, {p=2})")),
    MAX_POOL(op("MaxPool", Pooling::max));

    private final Form form;

    Pooling(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    private static final String ARGUMENTS =
            "({0}, {kernel_shape=[]}, {auto_pad='NOTSET'}, {strides=[]}, {pads=[]}, {dilations=[]}, {ceil_mode=0}";
    private static final Template VALUES = Template.of("op.max_pool" + ARGUMENTS + ")");
    private static final Template INDICES = Template.of("op.max_pool_indices" + ARGUMENTS + ", {storage_order=0})", 2);

    private static void max(Emission e) {
        (e.node().output(1).isEmpty() ? VALUES : INDICES).emit(e);
    }
}
