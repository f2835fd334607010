package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

import dev.millrace.onnx.DataType;

/** Quantized numbers: {@code x = (q − zero) · scale}. */
enum Quantization implements Op {
    DEQUANTIZE_LINEAR(op("DequantizeLinear", "op.dequantize({0}, {1}, {2=None}, {axis=1}, {block_size=0})")
            .settings(1, 2)),
    DYNAMIC_QUANTIZE_LINEAR(op("DynamicQuantizeLinear", 3, "op.dynamic_quantize({0})")),
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

    private static final Template QUANTIZE = Template.of("op.quantize({0}, {1}, {2=None}, {axis=1}, {block_size=0}, ");

    /** The zero point has the type of the result; without one it is {@code output_dtype}, by default uint8. */
    private static void quantize(Emission e) {
        var type = DataType.of((int) e.node().integer("output_dtype", 0));
        if (type == DataType.UNDEFINED) {
            type = e.typeOf(2) == DataType.UNDEFINED && !e.has(2) ? DataType.UINT8 : e.typeOf(2);
        }
        var like = type == DataType.UNDEFINED ? e.in(2) + ".dtype" : Integer.toString(e.torchType(type));
        e.define(0, QUANTIZE.render(e) + like + ", " + lowest(type) + ", " + highest(type) + ")");
    }

    /** Smallest number of an integer type; −1 and 0 leave it to the type at run time. */
    private static long lowest(DataType type) {
        return switch (type) {
            case INT16 -> -32_768;
            case INT4 -> -8;
            case INT2 -> -2;
            default -> 0;
        };
    }

    private static long highest(DataType type) {
        return switch (type) {
            case INT16 -> 32_767;
            case INT4 -> 7;
            case UINT4 -> 15;
            case INT2 -> 1;
            case UINT2 -> 3;
            case UINT16 -> 65_535;
            default -> 0;
        };
    }
}
