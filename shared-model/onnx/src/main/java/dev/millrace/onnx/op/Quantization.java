package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

import dev.millrace.onnx.DataType;

/** Quantized numbers: {@code x = (q − zero) · scale}. */
enum Quantization implements Op {
    DEQUANTIZE_LINEAR(op("DequantizeLinear", Quantization::dequantize).settings(1, 2)),
    DYNAMIC_QUANTIZE_LINEAR(op("DynamicQuantizeLinear", Quantization::quantizeByRange)),
    FAKE_QUANTIZE(op("FakeQuantize", "op.fake_quantize({0}, {1}, {2}, {low=0}, {high=255}, {axis=-1})")
            .in(Form.MILLRACE)
            .settings(2)),
    Q_LINEAR_CONV(op(
                    "QLinearConv",
                    "op.qlinear_conv({0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8=None}, {auto_pad='NOTSET'}, {strides=[]}, "
                            + "{pads=[]}, {dilations=[]}, {group=1})")
            .settings(1, 2, 4, 5, 6, 7)),
    Q_LINEAR_MAT_MUL(op("QLinearMatMul", "op.qlinear_matmul({0}, {1}, {2}, {3}, {4}, {5}, {6}, {7})")
            .settings(1, 2, 4, 5, 6, 7)),
    QUANTIZE_LINEAR(op("QuantizeLinear", Quantization::quantize).settings(1, 2));

    private final Form form;

    Quantization(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    private static final String STEPS = "{1}, {2=None}, {axis=1}, {block_size=0}";
    private static final Template QUANTIZE = Template.of("op.quantize({0}, " + STEPS + ", ");
    private static final Template QUANTIZE_THROUGH = Template.of("op.quantize_through({0}, " + STEPS + ", ");
    private static final Template DEQUANTIZE = Template.of("op.dequantize({0}, " + STEPS + ")");
    private static final Template STEPS_OF = Template.of(STEPS);

    /** The zero point has the type of the result; without one it is {@code output_dtype}, by default uint8. */
    private static void quantize(Emission e) {
        var type = DataType.of((int) e.node().integer("output_dtype", 0));
        if (type == DataType.UNDEFINED) {
            type = e.typeOf(2) == DataType.UNDEFINED && !e.has(2) ? DataType.UINT8 : e.typeOf(2);
        }
        var number = type == DataType.UNDEFINED ? e.in(2) + ".dtype" : Integer.toString(e.torchType(type));
        e.define(0, (e.trains() ? QUANTIZE_THROUGH : QUANTIZE).render(e) + number + ", " + range(type) + ")");
    }

    private static void quantizeByRange(Emission e) {
        var names = String.join(", ", e.declare(0), e.declare(1), e.declare(2));
        e.line("%s = op.dynamic_quantize%s(%s)".formatted(names, e.trains() ? "_through" : "", e.in(0)));
    }

    /** Where it is trained, an integer weight becomes a float one that is rounded to the same steps in every pass. */
    private static void dequantize(Emission e) {
        var weight = e.constant(0).filter(tensor -> tensor.type().isInteger() && tensor.elements() > 1);
        boolean known = weight.isPresent()
                && e.constant(1).isPresent()
                && e.has(2) == e.constant(2).isPresent();
        if (!known || !e.trains(0)) {
            e.define(0, DEQUANTIZE.render(e));
            return;
        }
        var integers = weight.get();
        int axis = Math.toIntExact(e.node().integer("axis", 1));
        var numbers = IntegerWeight.numbers(
                integers,
                e.constant(1).orElseThrow(),
                e.constant(2).orElse(null),
                Math.min(axis < 0 ? axis + integers.rank() : axis, Math.max(0, integers.rank() - 1)),
                Math.toIntExact(e.node().integer("block_size", 0)));
        var steps = STEPS_OF.render(e);
        var rounded = "(%s, " + steps + ", 3, " + range(integers.type()) + ")";
        var weights = e.latent(0, numbers, "op.quantize" + rounded);
        e.define(0, "op.dequantize(op.quantize_through" + rounded.formatted(weights) + ", " + steps + ")");
    }

    /** Smallest and largest number of an integer type; 0 and 0 where only running tells the type. */
    private static String range(DataType type) {
        return switch (type) {
            case INT2 -> "-2, 1";
            case UINT2 -> "0, 3";
            case INT4 -> "-8, 7";
            case UINT4 -> "0, 15";
            case INT8 -> "-128, 127";
            case UINT8 -> "0, 255";
            case INT16 -> "-32768, 32767";
            case UINT16 -> "0, 65535";
            case INT32 -> "-2147483648, 2147483647";
            default -> "0, 0";
        };
    }
}
