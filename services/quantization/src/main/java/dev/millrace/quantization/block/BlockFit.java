package dev.millrace.quantization.block;

/** How scale and zero point of a block follow from its weights. */
public enum BlockFit {
    /** Round to nearest: the levels span what is there. One pass. */
    RTN {
        @Override
        BlockScale fit(float[] weights, int count, Levels levels) {
            return levels.zeroPoint() == ZeroPoint.NONE
                    ? symmetric(weights, count, levels)
                    : spanning(weights, count, levels);
        }
    },

    /**
     * Half-quadratic quantization (Badri and Shaji, 2023): the zero point that minimises {@code |w − ŵ|^0.7}, found by taking
     * turns between shrinking the errors and averaging what remains; the scale stays that of round to nearest. Outliers
     * count less than under a square. Up to 20 passes.
     */
    HQQ {
        private static final int MOST_ROUNDS = 20;
        private static final double EXPONENT = 0.7;
        private static final double FIRST_BETA = 10;
        private static final double BETA_GROWTH = 1.01;

        @Override
        BlockScale fit(float[] weights, int count, Levels levels) {
            var best = spanning(weights, count, new Levels(levels.bits(), ZeroPoint.FLOAT));
            var next = best;
            double leastError = Double.POSITIVE_INFINITY;
            double beta = FIRST_BETA;
            for (int round = 0; round < MOST_ROUNDS && best.isUsable(); round++, beta *= BETA_GROWTH) {
                double error = 0;
                double zeroPoints = 0;
                for (int i = 0; i < count; i++) {
                    int level = next.level(weights[i], levels.largest());
                    double difference = weights[i] - next.value(level);
                    error += Math.abs(difference);
                    zeroPoints += level - (weights[i] - shrunk(difference, beta)) / next.scale();
                }
                if (error >= leastError) {
                    break;
                }
                leastError = error;
                best = next;
                next = new BlockScale(next.scale(), (float) (zeroPoints / count));
            }
            return levels.zeroPoint() == ZeroPoint.FLOAT ? best : best.withIntegerZeroPoint(levels.largest());
        }

        /** The {@code e} that minimises {@code |e|^p + β/2·(e − d)²}, nearly. */
        private static double shrunk(double difference, double beta) {
            double magnitude = Math.abs(difference);
            double kept = magnitude - Math.pow(magnitude + 1e-12, EXPONENT - 1) / beta;
            return kept <= 0 ? 0 : Math.copySign(kept, difference);
        }
    },

    /** Scale and zero point of least {@code Σ (w − ŵ)²}, as far as {@link LeastSquares} finds them. Some twenty passes. */
    LEAST_SQUARES {
        @Override
        BlockScale fit(float[] weights, int count, Levels levels) {
            var start = RTN.fit(weights, count, levels);
            return start.isUsable() ? new LeastSquares(weights, count, levels, start).best() : start;
        }
    };

    /**
     * Fits a block.
     *
     * @param weights finite; the first {@code count} are the block
     * @return not usable if all are zero or nearly so
     */
    abstract BlockScale fit(float[] weights, int count, Levels levels);

    /** The weight of largest magnitude gets level 0, so that the level without a counterpart is used. */
    private static BlockScale symmetric(float[] weights, int count, Levels levels) {
        float extreme = 0;
        for (int i = 0; i < count; i++) {
            extreme = Math.abs(weights[i]) > Math.abs(extreme) ? weights[i] : extreme;
        }
        return new BlockScale(extreme / -levels.middle(), levels.middle());
    }

    /** From the smallest to the largest weight; with an integer zero point, and where all are alike, 0 is among them. */
    private static BlockScale spanning(float[] weights, int count, Levels levels) {
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            low = Math.min(low, weights[i]);
            high = Math.max(high, weights[i]);
        }
        boolean integer = levels.zeroPoint() == ZeroPoint.INTEGER;
        if (integer || low == high) {
            low = Math.min(low, 0);
            high = Math.max(high, 0);
        }
        float scale = (high - low) / levels.largest();
        var spanning = new BlockScale(scale, -low / scale);
        return integer ? spanning.withIntegerZeroPoint(levels.largest()) : spanning;
    }
}
