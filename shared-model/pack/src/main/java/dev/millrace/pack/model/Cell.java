package dev.millrace.pack.model;

/**
 * The probability of a one in some context, learned from the bits seen there: 22 bits of probability and 10 of their number.
 * The first bits move it most; later ones by their share.
 */
final class Cell {
    private static final int COUNT_BITS = 10;
    private static final int COUNT = (1 << COUNT_BITS) - 1;
    private static final int CERTAIN = (1 << 22) - 1;

    /** Half, and nothing seen. */
    static final int NEW = 1 << 31;

    /** How many bits a probability remembers: for numbers whose statistics hardly change, and for text. */
    static final int STEADY = 1000;

    static final int QUICK = 250;

    private static final int[] SHARE = new int[COUNT + 1];
    private static final int[] TRUST = new int[COUNT + 1];

    static {
        for (int n = 0; n <= COUNT; n++) {
            SHARE[n] = (int) (65536 / (n + 1.6));
            TRUST[n] = (int) (256 * (n + 0.3) / (n + 1.5));
        }
    }

    private Cell() {}

    /** Of a one, in 1/65,536. */
    static int probability(int cell) {
        return Math.max(1, cell >>> 16);
    }

    /** How much the probability is worth by the number of bits seen, in 1/256. */
    static int trust(int cell) {
        return TRUST[cell & COUNT];
    }

    static int updated(int cell, int bit, int limit) {
        int p = cell >>> COUNT_BITS;
        int n = cell & COUNT;
        p += (int) (((long) ((bit == 0 ? 0 : CERTAIN) - p) * SHARE[n]) >> 16);
        return p << COUNT_BITS | Math.min(n + 1, limit);
    }
}
