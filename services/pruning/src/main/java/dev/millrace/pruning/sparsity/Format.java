package dev.millrace.pruning.sparsity;

/** How zeros are stored. */
enum Format {
    /** As ONNX sparse initializers, for each tensor that gets smaller so: below a third of non-zero float32 weights. */
    SPARSE,
    /** Like every other weight. */
    DENSE
}
