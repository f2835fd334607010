package dev.millrace.quantization;

/**
 * How an activation is stored as unsigned 8-bit integers: {@code q = round(x / scale) + zeroPoint}, clipped to 0..255.
 * Zero is always exact, so padding and Relu stay what they are.
 */
record Uint8Scale(float scale, int zeroPoint) {
    private static final int LEVELS = 255;

    /** Below this, products of scales stop being normal numbers. */
    static final float SMALLEST = 1e-12f;

    /** The finest grid that covers the range and zero. */
    static Uint8Scale of(Range range) {
        float low = Math.min(0, range.low());
        float high = Math.max(0, range.high());
        float scale = Math.max(SMALLEST, (float) (((double) high - low) / LEVELS));
        return new Uint8Scale(scale, Math.min(LEVELS, Math.max(0, Math.round(-low / scale))));
    }

    /** A grid with zero in its middle. */
    static Uint8Scale symmetric(Range range) {
        return new Uint8Scale(Math.max(SMALLEST, range.magnitude() / 127), 128);
    }

    /** The number that {@code x} becomes. */
    double rounded(double x) {
        double q = Math.rint(x / scale) + zeroPoint;
        return (Math.min(LEVELS, Math.max(0, q)) - zeroPoint) * scale;
    }
}
