package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Comparison, boolean operators and choice. */
enum Logic implements Op {
    AND(op("And", Arithmetic.broadcasting("torch.logical_and"))),
    EQUAL(op("Equal", Arithmetic.broadcasting("torch.eq"))),
    GREATER(op("Greater", Arithmetic.broadcasting("torch.gt"))),
    GREATER_OR_EQUAL(op("GreaterOrEqual", "torch.ge({0}, {1})")),
    LESS(op("Less", Arithmetic.broadcasting("torch.lt"))),
    LESS_OR_EQUAL(op("LessOrEqual", "torch.le({0}, {1})")),
    NOT(op("Not", "torch.logical_not({0})")),
    OR(op("Or", Arithmetic.broadcasting("torch.logical_or"))),
    WHERE(op("Where", "torch.where({0}, {1}, {2})")),
    XOR(op("Xor", Arithmetic.broadcasting("torch.logical_xor")));

    private final Form form;

    Logic(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }
}
