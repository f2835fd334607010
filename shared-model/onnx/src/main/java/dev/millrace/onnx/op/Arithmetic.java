package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Element-wise arithmetic of several tensors with broadcasting, and casts. */
enum Arithmetic implements Op {
    ADD(op("Add", Arithmetic::add)),
    BIT_SHIFT(op("BitShift", "op.bit_shift({0}, {1}, {direction='LEFT'})")),
    BITWISE_AND(op("BitwiseAnd", "torch.bitwise_and({0}, {1})")),
    BITWISE_NOT(op("BitwiseNot", "torch.bitwise_not({0})")),
    BITWISE_OR(op("BitwiseOr", "torch.bitwise_or({0}, {1})")),
    BITWISE_XOR(op("BitwiseXor", "torch.bitwise_xor({0}, {1})")),
    CAST(op("Cast", "op.cast({0}, {to:type})")),
    CAST_LIKE(op("CastLike", "op.cast({0}, {1}.dtype)").settings(1)),
    DIV(op("Div", broadcasting("op.div"))),
    IDENTITY(op("Identity", "{0}")),
    MAX(op("Max", "op.maximum([{*}])")),
    MEAN(op("Mean", "op.total([{*}]) / len([{*}])")),
    MIN(op("Min", "op.minimum([{*}])")),
    MOD(op("Mod", "op.modulo({0}, {1}, {fmod=0})")),
    MUL(op("Mul", broadcasting("torch.mul"))),
    POW(op("Pow", Arithmetic::pow).settings(1)),
    SUB(op("Sub", broadcasting("torch.sub"))),
    SUM(op("Sum", "op.total([{*}])"));

    private final Form form;

    Arithmetic(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    /**
     * Two tensors, shapes broadcast. Before opset 7 the second tensor was aligned at {@code axis} of the first when {@code
     * broadcast=1}.
     */
    static Emitter broadcasting(String function) {
        return e -> {
            var second = e.in(1);
            if (e.opset() < 7 && e.node().has("axis")) {
                second = "op.aligned(%s, %s, %d)"
                        .formatted(second, e.in(0), e.node().integer("axis", 0));
            }
            e.define(0, "%s(%s, %s)".formatted(function, e.in(0), second));
        };
    }

    /** Into one of the two where nobody else needs it, as at the end of a residual block. */
    private static void add(Emission e) {
        if (e.node().has("axis")) {
            broadcasting("torch.add").emit(e);
        } else if (e.mayOverwrite(0)) {
            e.define(0, "op.add_(%s, %s)".formatted(e.in(0), e.in(1)));
        } else if (e.mayOverwrite(1)) {
            e.define(0, "op.add_(%s, %s)".formatted(e.in(1), e.in(0)));
        } else {
            e.define(0, "torch.add(%s, %s)".formatted(e.in(0), e.in(1)));
        }
    }

    /** A constant exponent is a number: its gradient is cheaper, and nobody trains it. */
    private static void pow(Emission e) {
        var exponent = e.constant(1).filter(constant -> constant.elements() == 1 && constant.rank() == 0);
        if (exponent.isPresent()) {
            e.define(
                    0,
                    "op.cast(torch.pow(%s, %s), %s.dtype)"
                            .formatted(e.in(0), Literal.of(exponent.get().floats()[0]), e.in(0)));
        } else {
            broadcasting("op.power").emit(e);
        }
    }
}
