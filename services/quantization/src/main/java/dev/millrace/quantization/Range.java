package dev.millrace.quantization;

import java.util.Locale;

/** The numbers {@code [low, high]} that a tensor takes. */
record Range(float low, float high) {
    Range {
        if (!(low <= high)) {
            throw new IllegalArgumentException("[" + low + ", " + high + "]");
        }
    }

    /** What both cover. */
    Range union(Range other) {
        return new Range(Math.min(low, other.low), Math.max(high, other.high));
    }

    /** The largest magnitude. */
    float magnitude() {
        return Math.max(Math.abs(low), Math.abs(high));
    }

    /** Both sides at a fraction of their size. */
    Range shrunk(double lowFactor, double highFactor) {
        return new Range((float) (low * lowFactor), (float) (high * highFactor));
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "[%.4g, %.4g]", low, high);
    }
}
