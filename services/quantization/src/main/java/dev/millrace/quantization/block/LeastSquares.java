package dev.millrace.quantization.block;

/**
 * Searches the scale and zero point of a block with the least {@code Σ (w − ŵ)²}. The sum has many minima, so the search
 * starts from several spans, wider and narrower than the weights' own, and from each takes turns: round the weights to
 * levels, solve for the scale (and a zero point between levels) that suits these levels best.
 */
final class LeastSquares {
    private static final float WIDEST_SPAN = 1.05f;
    private static final float NARROWEST_SPAN = 0.7f;
    private static final int SPANS = 5;
    private static final int TURNS = 2;

    /** With a zero point to be solved for too. */
    private static final int TURNS_FOR_BOTH = 4;

    private final float[] weights;
    private final int count;
    private final Levels levels;
    /** {@code Σ w} and {@code Σ w²}. */
    private double sum;

    private double squares;
    private BlockScale best;
    private double leastError = Double.POSITIVE_INFINITY;

    /** @param start spans the weights */
    LeastSquares(float[] weights, int count, Levels levels, BlockScale start) {
        this.weights = weights;
        this.count = count;
        this.levels = levels;
        best = start;
        for (int i = 0; i < count; i++) {
            sum += weights[i];
            squares += (double) weights[i] * weights[i];
        }
        improve(start);
        float center = start.scale() * (levels.largest() / 2f - start.zeroPoint());
        for (int i = 0; i < SPANS; i++) {
            float factor = WIDEST_SPAN + (NARROWEST_SPAN - WIDEST_SPAN) * i / (SPANS - 1);
            search(start.scale() * factor, center);
        }
    }

    BlockScale best() {
        return best;
    }

    private void search(float scale, float center) {
        var centered = new BlockScale(scale, levels.largest() / 2f - center / scale);
        switch (levels.zeroPoint()) {
            case NONE -> {
                improve(new BlockScale(scale, levels.middle()));
                improve(new BlockScale(-scale, levels.middle()));
            }
            case INTEGER -> {
                float below = (float) Math.floor(centered.zeroPoint());
                improve(new BlockScale(scale, below).withIntegerZeroPoint(levels.largest()));
                improve(new BlockScale(scale, below + 1).withIntegerZeroPoint(levels.largest()));
            }
            case FLOAT -> improve(centered);
        }
    }

    private void improve(BlockScale start) {
        var candidate = start;
        int turns = levels.zeroPoint() == ZeroPoint.FLOAT ? TURNS_FOR_BOTH : TURNS;
        for (int turn = 0; turn < turns && candidate.isUsable(); turn++) {
            candidate = solved(candidate);
        }
    }

    /**
     * Rounds the weights with a candidate, keeps it if its error is the least so far, and returns the line {@code w ≈ s·x}
     * or, with a zero point between levels, {@code w ≈ s·x + c}, of least squares through {@code x = q − z}.
     */
    private BlockScale solved(BlockScale candidate) {
        float inverse = 1 / candidate.scale();
        float rounding = candidate.zeroPoint() + 0.5f;
        int largest = levels.largest();
        double x = 0;
        double xx = 0;
        double xw = 0;
        for (int i = 0; i < count; i++) {
            int level = (int) (weights[i] * inverse + rounding);
            float offset = Math.min(largest, Math.max(0, level)) - candidate.zeroPoint();
            x += offset;
            xx += offset * offset;
            xw += offset * weights[i];
        }
        double scale = candidate.scale();
        double error = squares - 2 * scale * xw + scale * scale * xx;
        if (error < leastError) {
            leastError = error;
            best = candidate;
        }
        if (levels.zeroPoint() != ZeroPoint.FLOAT) {
            return new BlockScale((float) (xw / xx), candidate.zeroPoint());
        }
        double slope = (count * xw - x * sum) / (count * xx - x * x);
        double intercept = (sum - slope * x) / count;
        return new BlockScale((float) slope, (float) (candidate.zeroPoint() - intercept / slope));
    }
}
