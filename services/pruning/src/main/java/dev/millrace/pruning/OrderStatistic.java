package dev.millrace.pruning;

/**
 * The k-th smallest of any number of non-negative floats, exactly, in fixed memory: one pass counts the upper half of
 * their bits, a second one the lower half of those that share the upper half.
 *
 * <p>The bits of non-negative floats order like the floats; NaN comes last.
 */
final class OrderStatistic {
    private static final int BUCKETS = 1 << 16;

    private OrderStatistic() {}

    /** Receives scores. */
    interface Sink {
        void accept(float score);
    }

    /** Gives all scores to a sink; the same ones on every call. */
    interface Scores {
        void forEach(Sink sink);
    }

    /**
     * Bits of the k-th smallest score.
     *
     * @param k from 1 to the number of scores
     */
    static int kth(Scores scores, long k) {
        var upper = new long[BUCKETS];
        scores.forEach(score -> upper[key(score) >>> 16]++);
        int high = 0;
        long before = 0;
        while (before + upper[high] < k) {
            before += upper[high++];
        }
        int bucket = high;
        var lower = new long[BUCKETS];
        scores.forEach(score -> {
            int key = key(score);
            if (key >>> 16 == bucket) {
                lower[key & (BUCKETS - 1)]++;
            }
        });
        int low = 0;
        while (before + lower[low] < k) {
            before += lower[low++];
        }
        return (bucket << 16) | low;
    }

    /** Bits by which scores are ordered; the sign is ignored. */
    static int key(float score) {
        return Float.floatToIntBits(score) & Integer.MAX_VALUE;
    }
}
