package dev.millrace.pack.model;

import dev.millrace.pack.coder.Coder;
import dev.millrace.pack.coder.Logistic;
import java.util.Arrays;

/**
 * Predicts a bit from several contexts at once: the logarithms of odds that each has learned, weighted; the weights are learned
 * too, by gradient descent on the bits that the coding costs (Mahoney, "Adaptive weighing of context models", 2005).
 */
final class Mix {
    private static final int WEIGHT_ONE = 1 << 16;
    private static final int LEAST_RATE = 120;
    private static final int FIRST_RATE = 1400;
    private static final int RATE_STEPS = 400;

    private final int[][] cells;
    private final int limit;
    private final int[] inputs;
    private final int[] weights;
    private final int[] steps;

    /** For every input the context that the next bit stands in; the caller fills it. */
    final int[] at;

    /**
     * A prediction that knows nothing.
     *
     * @param contexts how many each input has
     * @param sets of weights, of which one is chosen for each bit
     * @param limit bits that a probability remembers
     */
    Mix(int[] contexts, int sets, int limit) {
        this.limit = limit;
        cells = new int[contexts.length][];
        for (int i = 0; i < contexts.length; i++) {
            cells[i] = new int[contexts[i]];
            Arrays.fill(cells[i], Cell.NEW);
        }
        at = new int[contexts.length];
        inputs = new int[contexts.length];
        weights = new int[sets * contexts.length];
        Arrays.fill(weights, (int) (WEIGHT_ONE * Math.min(1, 0.3 + 1.0 / contexts.length) * 0.7));
        steps = new int[sets];
    }

    /** Codes a bit by its prediction, and learns from it. */
    int code(Coder coder, int bit, int set) {
        int first = set * at.length;
        long sum = 0;
        for (int i = 0; i < at.length; i++) {
            int cell = cells[i][at[i]];
            inputs[i] = (Logistic.stretch(Cell.probability(cell)) * Cell.trust(cell)) >> 8;
            sum += (long) inputs[i] * weights[first + i];
        }
        int probability = Logistic.squash(sum >> 16);
        int coded = coder.code(bit, probability);
        int error = (coded << 16) - probability;
        long step = (long) error * rate(set);
        for (int i = 0; i < at.length; i++) {
            weights[first + i] += (int) ((inputs[i] * step) >> 24);
            cells[i][at[i]] = Cell.updated(cells[i][at[i]], coded, limit);
        }
        return coded;
    }

    private int rate(int set) {
        int step = steps[set];
        if (step < FIRST_RATE * RATE_STEPS / LEAST_RATE) {
            steps[set]++;
        }
        return Math.max(LEAST_RATE, FIRST_RATE * RATE_STEPS / (RATE_STEPS + step));
    }
}
