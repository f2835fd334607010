package dev.millrace.pruning.sparsity;

/**
 * The k-th smallest of any number of floats, exactly, in fixed memory: one pass counts the upper half of their bits, a
 * second one the lower half of those that share the upper half. NaN comes last.
 */
final class OrderStatistic {
    private static final int BUCKETS = 1 << 16;

    private OrderStatistic() {}

    /** Receives scores. */
    interface Sink {
        void accept(float score);
    }

    /** Gives all scores to a sink; the same ones on every call. */
    interface Source {
        void forEach(Sink sink);
    }

    /**
     * Key of the k-th smallest score.
     *
     * @param k from 1 to the number of scores
     */
    static int kth(Source source, long k) {
        var upper = new long[BUCKETS];
        source.forEach(score -> upper[unsigned(score) >>> 16]++);
        int high = 0;
        long before = 0;
        while (before + upper[high] < k) {
            before += upper[high++];
        }
        int bucket = high;
        var lower = new long[BUCKETS];
        source.forEach(score -> {
            int bits = unsigned(score);
            if (bits >>> 16 == bucket) {
                lower[bits & (BUCKETS - 1)]++;
            }
        });
        int low = 0;
        while (before + lower[low] < k) {
            before += lower[low++];
        }
        return ((bucket << 16) | low) ^ Integer.MIN_VALUE;
    }

    /** An int that is ordered as the score is. */
    static int key(float score) {
        int bits = Float.floatToIntBits(score);
        return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    }

    /** Bits that, read without a sign, are ordered as the score is. */
    private static int unsigned(float score) {
        return key(score) ^ Integer.MIN_VALUE;
    }
}
