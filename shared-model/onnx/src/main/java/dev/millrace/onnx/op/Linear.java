package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

import dev.millrace.onnx.DataType;

/** Products: matrices, sums over indices, convolutions. */
enum Linear implements Op {
    CONV(op(
            "Conv",
            "op.conv({0}, {1}, {2=None}, {auto_pad='NOTSET'}, {strides=[]}, {pads=[]}, {dilations=[]}, {group=1})")),
    CONV_INTEGER(op(
                    "ConvInteger",
                    integer(
                            "op.conv_integer({0}, {1}, {2=None}, {3=None}, {auto_pad='NOTSET'}, {strides=[]}, {pads=[]}, "
                                    + "{dilations=[]}, {group=1})"))
            .settings(2, 3)),
    CONV_TRANSPOSE(op(
            "ConvTranspose",
            "op.conv_transpose({0}, {1}, {2=None}, {auto_pad='NOTSET'}, {strides=[]}, {pads=[]}, {dilations=[]}, {group=1}, "
                    + "{output_padding=[]}, {output_shape=[]})")),
    DEFORM_CONV(op(
            "DeformConv",
            "op.deform_conv({0}, {1}, {2}, {3=None}, {4=None}, {strides=[]}, {pads=[]}, "
                    + "{dilations=[]}, {group=1}, {offset_group=1})")),
    DET(op("Det", "torch.linalg_det({0})")),
    EINSUM(op("Einsum", Linear::einsum)),
    GEMM(op("Gemm", Linear::gemm)),
    MAT_MUL(op("MatMul", "torch.matmul({0}, {1})")),
    MAT_MUL_INTEGER(op("MatMulInteger", integer("op.matmul_integer({0}, {1}, {2=None}, {3=None})"))
            .settings(2, 3));

    private final Form form;

    Linear(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    /** {@code Y = alpha·A'·B' + beta·C}; the common case is one linear layer. */
    private static void gemm(Emission e) {
        float alpha = e.node().real("alpha", 1);
        float beta = e.node().real("beta", 1);
        boolean plain = alpha == 1
                && beta == 1
                && e.node().integer("transA", 0) == 0
                && e.rank(2).orElse(1) == 1;
        var a = e.node().integer("transA", 0) == 0 ? e.in(0) : "torch.t(" + e.in(0) + ")";
        boolean transposed = e.node().integer("transB", 0) != 0;
        if (plain && transposed && isVector(e)) {
            e.define(0, "torch.linear(%s, %s, %s)".formatted(a, e.in(1), e.has(2) ? e.in(2) : "None"));
            return;
        }
        var b = transposed ? "torch.t(" + e.in(1) + ")" : e.in(1);
        e.define(
                0,
                "op.gemm(%s, %s, %s, %s, %s)"
                        .formatted(a, b, e.has(2) ? e.in(2) : "None", Literal.of(alpha), Literal.of(beta)));
    }

    /** Whether the bias is absent or known to have one number for each output. */
    private static boolean isVector(Emission e) {
        return !e.has(2)
                || e.constant(2)
                        .filter(bias -> bias.rank() == 1 && bias.elements() > 1)
                        .isPresent();
    }

    /** A product of integers; in training it stays a float, whose gradient goes on to what was quantized. */
    private static Emitter integer(String product) {
        var template = Template.of(product);
        return e -> e.define(
                0,
                "torch.to(%s, %d)"
                        .formatted(template.render(e), e.torchType(e.trains() ? DataType.FLOAT : DataType.INT32)));
    }

    private static void einsum(Emission e) {
        var equation = e.node().text("equation", "").replaceAll("\\s", "");
        if (!equation.matches("[A-Za-z.,]*(->[A-Za-z.]*)?")) {
            throw e.refuse("equation '" + equation + "'", "letters, commas, dots and one arrow");
        }
        e.define(0, Template.of("torch.einsum('" + equation + "', [{*}])").render(e));
    }
}
