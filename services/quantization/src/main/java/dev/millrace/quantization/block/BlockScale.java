package dev.millrace.quantization.block;

/** Scale {@code s} and zero point {@code z} of a block: level {@code q} stands for {@code s·(q − z)}. */
record BlockScale(float scale, float zeroPoint) {
    /** Below this a block is dead; scales must stay normal numbers in every product. */
    private static final float SMALLEST_SCALE = 1e-12f;

    /** Whether it can tell weights apart and is a number. */
    boolean isUsable() {
        return Math.abs(scale) > SMALLEST_SCALE && Float.isFinite(scale) && Float.isFinite(zeroPoint);
    }

    BlockScale withIntegerZeroPoint(int largest) {
        return new BlockScale(scale, Math.min(largest, Math.max(0, Math.round(zeroPoint))));
    }

    /** The level nearest to a weight. */
    int level(float weight, int largest) {
        int level = (int) (weight * (1 / scale) + zeroPoint + 0.5f);
        return Math.min(largest, Math.max(0, level));
    }

    float value(int level) {
        return scale * (level - zeroPoint);
    }

    /** {@code Σ (w − ŵ)²} over the first {@code count} weights. */
    double error(float[] weights, int count, int largest) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            double difference = weights[i] - value(level(weights[i], largest));
            sum += difference * difference;
        }
        return sum;
    }
}
