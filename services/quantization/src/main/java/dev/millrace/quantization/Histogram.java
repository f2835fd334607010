package dev.millrace.quantization;

/**
 * How often a tensor takes which values, in memory that does not depend on how many values there are.
 *
 * <p>Bins cover {@code [−limit, limit)}; when a larger value comes, the limit doubles and neighbouring bins merge, so one
 * pass suffices. Merging is exact: adding values in any order gives bins of the same content for the same final limit.
 * Values at or below {@value #MINUS_INFINITY} stand for −∞ (attention masks) and are not counted, nor is NaN.
 */
final class Histogram {
    /** Constants that act as −∞ are around −1e38, −1e32 or, in half precision, −65504 squared. */
    static final float MINUS_INFINITY = -1e30f;

    static final int BINS = 4096;

    private final long[] bins = new long[BINS];
    private float limit;
    private float low = Float.POSITIVE_INFINITY;
    private float high = Float.NEGATIVE_INFINITY;
    private long count;

    /** Counts {@code values[0]}, {@code values[step]}, {@code values[2·step]} …; every value counts for the range. */
    void add(float[] values, int length, int step) {
        float least = low;
        float most = high;
        for (int i = 0; i < length; i++) {
            float value = values[i];
            if (value > MINUS_INFINITY && value < -MINUS_INFINITY) {
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
        }
        if (!(least <= most)) {
            return;
        }
        low = least;
        high = most;
        grow(Math.max(Math.abs(least), Math.abs(most)));
        float perUnit = limit == 0 ? 0 : BINS / 2 / limit;
        for (int i = 0; i < length; i += step) {
            float value = values[i];
            if (value > MINUS_INFINITY && value < -MINUS_INFINITY) {
                bins[Math.min(BINS - 1, (int) ((value + limit) * perUnit))]++;
                count++;
            }
        }
    }

    /** The limit is a power of two, so that it does not depend on the order in which values come. */
    private void grow(float magnitude) {
        if (magnitude < limit || magnitude == 0) {
            return;
        }
        float wanted = Math.max(Float.MIN_NORMAL, Math.scalb(1f, Math.getExponent(magnitude) + 1));
        if (limit == 0) {
            bins[BINS / 2] = count;
            if (count > 0) {
                bins[0] = 0;
            }
            limit = wanted;
        }
        while (limit < wanted) {
            merge();
            limit *= 2;
        }
    }

    private void merge() {
        var merged = new long[BINS];
        for (int i = 0; i < BINS; i++) {
            merged[BINS / 4 + i / 2] += bins[i];
        }
        System.arraycopy(merged, 0, bins, 0, BINS);
    }

    /** Values counted. */
    long count() {
        return count;
    }

    boolean isEmpty() {
        return !(low <= high);
    }

    /** Smallest and largest value seen. */
    Range range() {
        return new Range(low, high);
    }

    long inBin(int bin) {
        return bins[bin];
    }

    /** The value in the middle of a bin. */
    double middle(int bin) {
        return ((bin + 0.5) / (BINS / 2) - 1) * limit;
    }

    /** Where the fraction {@code 0..1} of all values lies below, to the width of a bin. */
    float quantile(double fraction) {
        double wanted = fraction * count;
        long below = 0;
        for (int bin = 0; bin < BINS; bin++) {
            below += bins[bin];
            if (below >= wanted && below > 0) {
                return (float) Math.min(high, Math.max(low, middle(bin)));
            }
        }
        return high;
    }
}
