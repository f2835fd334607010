package dev.millrace.quantization;

import java.util.Locale;

/** The numbers {@code [low, high]} that a tensor takes. */
record Range(float low, float high) {
    private static final double SILU_MINIMUM_AT = -1.2784645;
    private static final double SILU_MINIMUM = -0.2784645;

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

    /** What {@code x·sigmoid(x)} makes of these numbers: it falls to its only minimum and rises from there. */
    Range sigmoidLinear() {
        double atLow = low / (1 + Math.exp(-low));
        double atHigh = high / (1 + Math.exp(-high));
        boolean passesMinimum = low < SILU_MINIMUM_AT && high > SILU_MINIMUM_AT;
        double least = passesMinimum ? SILU_MINIMUM : Math.min(atLow, atHigh);
        return new Range((float) least, (float) Math.max(atLow, atHigh));
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
