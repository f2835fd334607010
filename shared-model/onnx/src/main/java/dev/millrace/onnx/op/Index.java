package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

/** Operators that pick elements by index or value, or put them there. */
enum Index implements Op {
    ARRAY_FEATURE_EXTRACTOR(op("ArrayFeatureExtractor", "torch.index_select({0}, -1, torch.reshape({1}, [-1]))")
            .in("ai.onnx.ml")),
    COMPRESS(op("Compress", Index::compress)),
    GATHER(op("Gather", "op.gather({0}, {1}, {axis=0})")),
    GATHER_ELEMENTS(op("GatherElements", "op.gather_elements({0}, {1}, {axis=0})")),
    GATHER_ND(op("GatherND", "op.gather_nd({0}, {1}, {batch_dims=0})")),
    MAX_UNPOOL(op("MaxUnpool", "op.max_unpool({0}, {1}, {2:ints=None}, {kernel_shape=[]}, {pads=[]}, {strides=[]})")
            .settings(2)),
    NON_MAX_SUPPRESSION(op(
                    "NonMaxSuppression",
                    "op.non_max_suppression({0}, {1}, {2:int=0}, {3:float=0.0}, {4:float=-inf}, {center_point_box=0})")
            .settings(2, 3, 4)),
    NON_ZERO(op("NonZero", "torch.t(torch.nonzero({0}))")),
    ONE_HOT(op("OneHot", "op.one_hot({0}, {1:int}, {2}, {axis=-1})").settings(1, 2)),
    ROI_ALIGN(op(
                    "RoiAlign",
                    "op.roi_align({0}, {1}, {2}, {mode='avg'}, {output_height=1}, {output_width=1}, "
                            + "{sampling_ratio=0}, {spatial_scale=1.0}, {coordinate_transformation_mode='half_pixel'})")
            .since(16)
            .settings(1, 2)),
    ROI_ALIGN_10(op(
                    "RoiAlign",
                    "op.roi_align({0}, {1}, {2}, {mode='avg'}, {output_height=1}, {output_width=1}, "
                            + "{sampling_ratio=0}, {spatial_scale=1.0}, 'output_half_pixel')")
            .until(15)
            .settings(1, 2)),
    SCATTER(op("Scatter", "op.scatter_elements({0}, {1}, {2}, {axis=0}, 'none')")),
    SCATTER_ELEMENTS(op("ScatterElements", "op.scatter_elements({0}, {1}, {2}, {axis=0}, {reduction='none'})")),
    SCATTER_ND(op("ScatterND", "op.scatter_nd({0}, {1}, {2}, {reduction='none'})")),
    TENSOR_SCATTER(op("TensorScatter", "op.tensor_scatter({0}, {1}, {2=None}, {axis=-2}, {mode='linear'})")),
    TF_IDF_VECTORIZER(op(
            "TfIdfVectorizer",
            "op.tf_idf({0}, {pool_int64s=[]}, {ngram_counts=[]}, {ngram_indexes=[]}, {min_gram_length=1}, "
                    + "{max_gram_length=1}, {max_skip_count=0}, {mode='TF'}, {weights:floats=[]})")),
    TOP_K(op("TopK", 2, "op.top_k({0}, {k|1:int}, {axis=-1}, {largest=1})").settings(1)),
    UNIQUE(op("Unique", Index::unique));

    private final Form form;

    Index(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    private static void compress(Emission e) {
        e.define(0, "op.compress(%s, %s, %s)".formatted(e.in(0), e.in(1), axis(e)));
    }

    private static void unique(Emission e) {
        var names = String.join(", ", e.declare(0), e.declare(1), e.declare(2), e.declare(3));
        e.line("%s = op.unique(%s, %s, %d)"
                .formatted(names, e.in(0), axis(e), e.node().integer("sorted", 1)));
    }

    /** No axis means the flattened tensor. */
    private static String axis(Emission e) {
        return e.node().has("axis") ? Literal.of(e.node().integer("axis", 0)) : "None";
    }
}
