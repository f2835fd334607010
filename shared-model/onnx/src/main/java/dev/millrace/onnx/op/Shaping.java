package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Tensor;

/** Operators that move, repeat or make elements without computing with them. */
enum Shaping implements Op {
    CENTER_CROP_PAD(
            op("CenterCropPad", "op.center_crop_pad({0}, {1:ints}, {axes=[]})").settings(1)),
    COL2IM(op("Col2Im", "op.col2im({0}, {1:ints}, {2:ints}, {dilations=[]}, {pads=[]}, {strides=[]})")
            .settings(1, 2)),
    CONCAT(op("Concat", "torch.cat([{*}], {axis=1})")),
    CONSTANT_OF_SHAPE(op("ConstantOfShape", Shaping::constantOfShape).settings(0)),
    DEPTH_TO_SPACE(op("DepthToSpace", "op.depth_to_space({0}, {blocksize=1}, {mode='DCR'})")),
    EXPAND(op("Expand", "op.expand({0}, {1:ints})").settings(1)),
    EYE_LIKE(op("EyeLike", Shaping::eyeLike)),
    FLATTEN(op("Flatten", "op.flatten({0}, {axis=1})")),
    PAD(op("Pad", "op.pad({0}, {pads|1:ints}, {mode='constant'}, {value|2:float=0.0}, {3:ints=None})")
            .settings(1, 2, 3)),
    RANGE(op("Range", "op.range_of({0}, {1}, {2})").settings(0, 1, 2)),
    RESHAPE(op("Reshape", "op.reshape({0}, {shape|1:ints}, {allowzero=0})").settings(1)),
    REVERSE_SEQUENCE(op("ReverseSequence", "op.reverse_sequence({0}, {1}, {batch_axis=1}, {time_axis=0})")
            .settings(1)),
    SHAPE(op("Shape", "op.shape({0}, {start=0}, {end=9223372036854775807})")),
    SIZE(op("Size", "torch.tensor(torch.numel({0}))")),
    SLICE(op("Slice", "op.slices({0}, {starts|1:ints}, {ends|2:ints}, {axes|3:ints=None}, {4:ints=None})")
            .settings(1, 2, 3, 4)),
    SPACE_TO_DEPTH(op("SpaceToDepth", "op.space_to_depth({0}, {blocksize=1})")),
    SPLIT(op("Split", Shaping::split).settings(1)),
    SQUEEZE(op("Squeeze", "op.squeeze({0}, {axes|1:ints=None})").settings(1)),
    TILE(op("Tile", "torch.tile({0}, {1:ints})").since(6).settings(1)),
    TILE_1(op("Tile", "op.tile_axis({0}, {1:int}, {2:int})").until(5).settings(1, 2)),
    TRANSPOSE(op("Transpose", "op.transpose({0}, {perm=[]})")),
    TRILU(op("Trilu", "op.trilu({0}, {1:int=0}, {upper=1})").settings(1)),
    UNSQUEEZE(op("Unsqueeze", "op.unsqueeze({0}, {axes|1:ints})").settings(1));

    private final Form form;

    Shaping(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    private static final Template SIZES = Template.of("{split|1:ints}");

    /** Sizes as given, or {@code num_outputs} parts of which the last may be smaller. */
    private static void split(Emission e) {
        int count = e.node().outputs().size();
        long axis = e.node().integer("axis", 0);
        var parts = e.fresh();
        if (e.has(1) || e.node().has("split")) {
            e.line("%s = torch.split_with_sizes(%s, %s, %d)".formatted(parts, e.in(0), SIZES.render(e), axis));
        } else {
            e.line("%s = op.split(%s, %d, %d)".formatted(parts, e.in(0), count, axis));
        }
        for (int i = 0; i < count; i++) {
            e.define(i, parts + "[" + i + "]");
        }
    }

    private static void constantOfShape(Emission e) {
        var value = e.node().tensor("value").orElse(Tensor.floats("", new float[1], 1));
        var number = value.type().isFloatingPoint()
                ? Literal.of(value.floats()[0])
                : value.type() == DataType.BOOL
                        ? (value.longs()[0] != 0 ? "True" : "False")
                        : Literal.of(value.longs()[0]);
        e.define(
                0,
                "torch.full(%s, %s, dtype=%d)"
                        .formatted(Template.of("{0:ints}").render(e), number, e.torchType(value.type())));
    }

    private static void eyeLike(Emission e) {
        var type = e.node().has("dtype")
                ? Integer.toString(e.torchType(DataType.of((int) e.node().integer("dtype", 0))))
                : e.in(0) + ".dtype";
        e.define(0, "op.eye_like(%s, %d, %s)".formatted(e.in(0), e.node().integer("k", 0), type));
    }
}
