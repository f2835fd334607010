package dev.millrace.pack.model;

import dev.millrace.pack.coder.Coder;

/** Codes numbers of any size: how many bits one has, then those bits, the highest two of them by experience. */
final class NumberModel {
    private static final int LENGTH_BITS = 6;
    private static final int LEARNED_BITS = 2;

    private final Tree lengths;
    private final Tree heads;

    NumberModel() {
        lengths = new Tree(1, LENGTH_BITS + 1);
        heads = new Tree(Long.SIZE + 1, LEARNED_BITS);
    }

    /** @return the number; any bits */
    long code(Coder coder, long value) {
        int length = Math.min(Long.SIZE, lengths.code(coder, Long.SIZE - Long.numberOfLeadingZeros(value), 0));
        if (length <= 1) {
            return length;
        }
        int rest = length - 1;
        long coded = 1;
        if (rest >= LEARNED_BITS) {
            rest -= LEARNED_BITS;
            coded = coded << LEARNED_BITS | heads.code(coder, (int) (value >>> rest) & 3, length);
        }
        while (rest > 0) {
            int bits = Math.min(rest, 16);
            rest -= bits;
            coded = coded << bits | coder.raw((int) (value >>> rest) & 0xffff, bits);
        }
        return coded;
    }
}
