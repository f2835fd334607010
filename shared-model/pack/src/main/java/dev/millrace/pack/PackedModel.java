package dev.millrace.pack;

/**
 * What packing a model gave.
 *
 * @param sizeBytes the model and its external data
 * @param packedBytes the packed file
 * @param weights numbers in its tensors
 */
public record PackedModel(long sizeBytes, long packedBytes, long weights) {
    /** Bits of the packed file for each weight; all of the file is shared out. */
    public double bitsPerWeight() {
        return (double) packedBytes * Byte.SIZE / Math.max(1, weights);
    }
}
