package dev.millrace.engine.data;

/**
 * A pseudo-random permutation of {@code 0 … count - 1} that needs no memory: a four-round Feistel network over the next
 * power of four, walked until it lands inside (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
 */
final class Shuffle {
    private static final int ROUNDS = 4;

    private final long count;
    private final long seed;
    private final int halfBits;

    Shuffle(long count, long seed) {
        this.count = count;
        this.seed = seed;
        halfBits = Math.max(1, (65 - Long.numberOfLeadingZeros(Math.max(1, count - 1))) / 2);
    }

    long at(long index) {
        long position = index;
        do {
            position = permute(position);
        } while (position >= count);
        return position;
    }

    private long permute(long position) {
        long mask = (1L << halfBits) - 1;
        long left = position >>> halfBits;
        long right = position & mask;
        for (int round = 0; round < ROUNDS; round++) {
            long mixed = left ^ (mix(right + round * 0x9E3779B97F4A7C15L + seed) & mask);
            left = right;
            right = mixed;
        }
        return left << halfBits | right;
    }

    /** The finalizer of SplitMix64. */
    private static long mix(long bits) {
        long mixed = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
