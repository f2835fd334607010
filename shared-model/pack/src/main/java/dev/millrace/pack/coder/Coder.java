package dev.millrace.pack.coder;

/**
 * One direction of an arithmetic coder. A model calls it in the same way for both: an encoder writes the bit that it is given,
 * a decoder ignores that and returns the one that was written.
 */
public interface Coder {
    /**
     * Codes a bit.
     *
     * @param probability of a one, in 1/65,536: 1 to 65,535
     * @return the bit
     */
    int code(int bit, int probability);

    /** Codes bits that nothing is known of, the highest first. */
    default int raw(int value, int bits) {
        int coded = 0;
        for (int i = bits - 1; i >= 0; i--) {
            coded = coded << 1 | code(value >>> i & 1, Logistic.ONE / 2);
        }
        return coded;
    }
}
