package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Operators that fold axes to one number; no axes given means all of them. */
enum Reduction implements Op {
    ARG_MAX(op("ArgMax", "op.arg_max({0}, {axis=0}, {keepdims=1}, {select_last_index=0})")),
    ARG_MIN(op("ArgMin", "op.arg_min({0}, {axis=0}, {keepdims=1}, {select_last_index=0})")),
    CUM_PROD(op("CumProd", "op.cum_prod({0}, {1:int}, {exclusive=0}, {reverse=0})")
            .settings(1)),
    CUM_SUM(op("CumSum", "op.cum_sum({0}, {1:int}, {exclusive=0}, {reverse=0})").settings(1)),
    REDUCE_L1(op("ReduceL1", "op.reduce_l1({0}, {axes|1:ints=None}, {keepdims=1}, {noop_with_empty_axes=0})")
            .settings(1)),
    REDUCE_L2(op("ReduceL2", "op.reduce_l2({0}, {axes|1:ints=None}, {keepdims=1}, {noop_with_empty_axes=0})")
            .settings(1)),
    REDUCE_LOG_SUM(
            op("ReduceLogSum", "op.reduce_log_sum({0}, {axes|1:ints=None}, {keepdims=1}, {noop_with_empty_axes=0})")
                    .settings(1)),
    REDUCE_LOG_SUM_EXP(op(
                    "ReduceLogSumExp",
                    "op.reduce_log_sum_exp({0}, {axes|1:ints=None}, {keepdims=1}, {noop_with_empty_axes=0})")
            .settings(1)),
    REDUCE_MAX(op("ReduceMax", "op.reduce_max({0}, {axes|1:ints=None}, {keepdims=1}, {noop_with_empty_axes=0})")
            .settings(1)),
    REDUCE_MEAN(op("ReduceMean", "op.reduce_mean({0}, {axes|1:ints=None}, {keepdims=1}, {noop_with_empty_axes=0})")
            .settings(1)),
    REDUCE_MIN(op("ReduceMin", "op.reduce_min({0}, {axes|1:ints=None}, {keepdims=1}, {noop_with_empty_axes=0})")
            .settings(1)),
    REDUCE_PROD(op("ReduceProd", "op.reduce_prod({0}, {axes|1:ints=None}, {keepdims=1}, {noop_with_empty_axes=0})")
            .settings(1)),
    REDUCE_SUM(op("ReduceSum", "op.reduce_sum({0}, {axes|1:ints=None}, {keepdims=1}, {noop_with_empty_axes=0})")
            .settings(1)),
    REDUCE_SUM_SQUARE(op(
                    "ReduceSumSquare",
                    "op.reduce_sum_square({0}, {axes|1:ints=None}, {keepdims=1}, {noop_with_empty_axes=0})")
            .settings(1));

    private final Form form;

    Reduction(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }
}
