package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Element-wise functions of one tensor, {@code y[i] = f(x[i])}, and the softmax family over one axis. */
enum Activation implements Op {
    ABS(op("Abs", "torch.abs({0})")),
    ACOS(op("Acos", "torch.acos({0})")),
    ACOSH(op("Acosh", "torch.acosh({0})")),
    ASIN(op("Asin", "torch.asin({0})")),
    ASINH(op("Asinh", "torch.asinh({0})")),
    ATAN(op("Atan", "torch.atan({0})")),
    ATANH(op("Atanh", "torch.atanh({0})")),
    CEIL(op("Ceil", "torch.ceil({0})")),
    CELU(op("Celu", "torch.celu({0}, {alpha=1.0})")),
    CLIP(op("Clip", Activation::clip).settings(1, 2)),
    COS(op("Cos", "torch.cos({0})")),
    COSH(op("Cosh", "torch.cosh({0})")),
    DROPOUT(op("Dropout", 2, "op.dropout({0}, {ratio|1:float=0.5}, self.training)")
            .settings(1, 2)),
    ELU(op("Elu", "torch.elu({0}, {alpha=1.0})")),
    ERF(op("Erf", "torch.erf({0})")),
    EXP(op("Exp", "torch.exp({0})")),
    FLOOR(op("Floor", "torch.floor({0})")),
    GELU(op("Gelu", "torch.gelu({0}, approximate={approximate='none'})")),
    HARDMAX(op("Hardmax", "op.hardmax({0}, {axis=-1})").since(13)),
    HARDMAX_1(op("Hardmax", "op.over_rest('hardmax', {0}, {axis=1})").until(12)),
    HARD_SIGMOID(op("HardSigmoid", "torch.clamp({0} * {alpha=0.2} + {beta=0.5}, 0.0, 1.0)")),
    HARD_SWISH(op("HardSwish", "torch.hardswish({0})")),
    IS_INF(op("IsInf", "op.is_inf({0}, {detect_negative=1}, {detect_positive=1})")),
    IS_NAN(op("IsNaN", "torch.isnan({0})")),
    LEAKY_RELU(op("LeakyRelu", "torch.leaky_relu({0}, {alpha=0.01})")),
    LOG(op("Log", "torch.log({0})")),
    LOG_SOFTMAX(op("LogSoftmax", "torch.log_softmax({0}, {axis=-1})").since(13)),
    LOG_SOFTMAX_1(op("LogSoftmax", "op.over_rest('log_softmax', {0}, {axis=1})").until(12)),
    MISH(op("Mish", "torch.mish({0})")),
    NEG(op("Neg", "torch.neg({0})")),
    PRELU(op("PRelu", "op.prelu({0}, {1})").since(7)),
    PRELU_1(op("PRelu", "op.prelu({0}, op.per_channel({1}, {0}))").until(6)),
    RECIPROCAL(op("Reciprocal", "torch.reciprocal({0})")),
    RELU(op("Relu", overwriting("torch.relu{_}({0})"))),
    ROUND(op("Round", "torch.round({0})")),
    SELU(op("Selu", "torch.elu({0}, {alpha=1.67326319217681884765625}, {gamma=1.05070102214813232421875})")),
    SHRINK(op("Shrink", "op.shrink({0}, {lambd=0.5}, {bias=0.0})")),
    SIGMOID(op("Sigmoid", "torch.sigmoid({0})")),
    SIGN(op("Sign", "torch.sign({0})")),
    SIN(op("Sin", "torch.sin({0})")),
    SINH(op("Sinh", "torch.sinh({0})")),
    SOFTMAX(op("Softmax", "torch.softmax({0}, {axis=-1})").since(13)),
    SOFTMAX_1(op("Softmax", "op.over_rest('softmax', {0}, {axis=1})").until(12)),
    SOFTPLUS(op("Softplus", "torch.softplus({0})")),
    SOFTSIGN(op("Softsign", "{0} / (1.0 + torch.abs({0}))")),
    SQRT(op("Sqrt", "torch.sqrt({0})")),
    SWISH(op("Swish", "op.swish({0}, {alpha=1.0})")),
    TAN(op("Tan", "torch.tan({0})")),
    TANH(op("Tanh", "torch.tanh({0})")),
    THRESHOLDED_RELU(op("ThresholdedRelu", "torch.threshold({0}, {alpha=1.0}, 0)"));

    private final Form form;

    Activation(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    private static final Emitter CLIP_BY_NUMBERS =
            overwriting("op.clip{_}({0}, {min|1:float=None}, {max|2:float=None})");
    private static final Template CLIP_BY_TENSORS = Template.of("torch.clamp({0}, {1=None}, {2=None})");

    /** Bounds known as floats are numbers, which spares tensors; integer bounds keep their type. */
    private static void clip(Emission e) {
        boolean numbers = (!e.has(1) || isFloat(e, 1)) && (!e.has(2) || isFloat(e, 2));
        boolean bounded =
                e.has(1) || e.has(2) || e.node().has("min") || e.node().has("max");
        if (bounded) {
            (numbers ? CLIP_BY_NUMBERS : CLIP_BY_TENSORS).emit(e);
        } else {
            e.define(0, e.in(0));
        }
    }

    /** A template in which {@code {_}} is an underscore, ATen's sign for in place, where nobody needs the input any more. */
    private static Emitter overwriting(String template) {
        var inPlace = Template.of(template.replace("{_}", "_"));
        var fresh = Template.of(template.replace("{_}", ""));
        return e -> (e.mayOverwrite(0) ? inPlace : fresh).emit(e);
    }

    private static boolean isFloat(Emission e, int input) {
        return e.constant(input).filter(bound -> bound.type().isFloatingPoint()).isPresent();
    }
}
