package dev.millrace.quantization.block;

/** Which level stands for the weight 0. */
public enum ZeroPoint {
    /** The middle one in every block: no bytes, but half of the levels are lost on a block whose weights share a sign. */
    NONE,
    /** A level for each block, {@code bits} more for each. */
    INTEGER,
    /** A point between levels for each block, 32 bits more for each. */
    FLOAT
}
