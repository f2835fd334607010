package dev.millrace.pruning.structured;

/** Where channels compete. */
enum Ranking {
    /** Within their layer: every layer loses the same share. */
    LAYER,
    /** With those of all layers: what is worth least for what it saves goes first. */
    GLOBAL,
    /** As global, each layer's channels weighed by the harm that halving it alone does to the model's answers on data. */
    SENSITIVITY,
    /** As sensitivity, with what reads a layer fitted before the harm is looked at. */
    FITTED_SENSITIVITY
}
