package dev.millrace.training;

import dev.millrace.engine.Value;
import org.jspecify.annotations.Nullable;

/**
 * The temperature that suits a teacher's answers: the one at which the likeliest class has, on average, a probability of
 * {@value #LIKELIEST}. A sure teacher is softened until its order of the other classes can be seen, an unsure one is not
 * blurred.
 */
final class Temperature {
    static final double LIKELIEST = 0.8;

    private static final double HIGHEST = 20;
    private static final int BISECTIONS = 30;

    private Temperature() {}

    /**
     * The temperature.
     *
     * @param logits {@code (N, C)} or {@code (N, C, …)}, classes on axis 1; absent gives 1
     * @return 1 to 20
     */
    static double of(@Nullable Value logits) {
        if (logits == null || logits.rank() < 2 || logits.dim(1) < 2) {
            return 1;
        }
        double low = 1;
        double high = HIGHEST;
        for (int i = 0; i < BISECTIONS; i++) {
            double middle = (low + high) / 2;
            if (likeliest(logits, middle) > LIKELIEST) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return Math.round(100 * (low + high) / 2) / 100.0;
    }

    /** Mean of the highest softened probability. */
    private static double likeliest(Value logits, double temperature) {
        var scores = logits.floats();
        int classes = (int) logits.dim(1);
        int inner = 1;
        for (int axis = 2; axis < logits.rank(); axis++) {
            inner *= (int) logits.dim(axis);
        }
        int rows = (int) logits.dim(0);
        double sum = 0;
        for (int row = 0; row < rows; row++) {
            for (int place = 0; place < inner; place++) {
                int at = row * classes * inner + place;
                double highest = Double.NEGATIVE_INFINITY;
                for (int c = 0; c < classes; c++) {
                    highest = Math.max(highest, scores.get(at + c * inner));
                }
                double total = 0;
                for (int c = 0; c < classes; c++) {
                    total += Math.exp((scores.get(at + c * inner) - highest) / temperature);
                }
                sum += 1 / total;
            }
        }
        return sum / ((double) rows * inner);
    }
}
