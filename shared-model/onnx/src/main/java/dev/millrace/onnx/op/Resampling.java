package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Operators that read between the elements of a grid. */
enum Resampling implements Op {
    AFFINE_GRID(op("AffineGrid", "torch.affine_grid_generator({0}, {1:ints}, bool({align_corners=0}))")
            .settings(1)),
    GRID_SAMPLE(
            op("GridSample", "op.grid_sample({0}, {1}, {mode='linear'}, {padding_mode='zeros'}, {align_corners=0})")),
    RESIZE(op(
                    "Resize",
                    "op.resize({0}, {1:floats=None}, {2:floats=None}, {3:ints=None}, {axes:ints=None}, {mode='nearest'}, "
                            + "{coordinate_transformation_mode='half_pixel'}, {nearest_mode='round_prefer_floor'}, "
                            + "{cubic_coeff_a=-0.75}, {exclude_outside=0}, {extrapolation_value=0.0}, {antialias=0}, "
                            + "{keep_aspect_ratio_policy='stretch'})")
            .since(11)
            .settings(1, 2, 3)),
    RESIZE_10(op("Resize", "op.upsample({0}, {1:floats}, {mode='nearest'})")
            .until(10)
            .settings(1)),
    UPSAMPLE(op("Upsample", "op.upsample({0}, {scales|1:floats}, {mode='nearest'})")
            .settings(1));

    private final Form form;

    Resampling(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }
}
