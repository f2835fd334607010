package dev.millrace.pruning.sparsity;

import dev.millrace.pruning.weight.Matrix;
import dev.millrace.pruning.weight.Weight;
import java.util.BitSet;

/**
 * N:M sparsity: the N that are worth most of every M weights that follow each other along the input channels (Mishra et al.,
 * "Accelerating sparse deep neural networks", 2021). Sparse matrix units run 2:4 twice as fast.
 *
 * @param n weights kept of each group
 * @param m size of a group
 */
record Pattern(int n, int m) {
    private static final int MAX_GROUP = 64;

    Pattern {
        if (m < 2 || m > MAX_GROUP || n < 1 || n >= m) {
            throw new IllegalArgumentException("pattern=" + n + ":" + m);
        }
    }

    /**
     * Reads {@code "2:4"}.
     *
     * @throws IllegalArgumentException if it is no pattern
     */
    static Pattern of(String text) {
        var numbers = text.split(":", -1);
        if (numbers.length != 2 || !numbers[0].matches("\\d{1,2}") || !numbers[1].matches("\\d{1,2}")) {
            throw new IllegalArgumentException("pattern=" + text);
        }
        return new Pattern(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
    }

    double sparsity() {
        return 1 - (double) n / m;
    }

    /** Whether all uses sum along one axis, and it splits into whole groups. */
    boolean fits(Weight weight) {
        return weight.uses().stream().allMatch(use -> use.inputAxis() == axis(weight))
                && Matrix.of(weight).channels() % m == 0;
    }

    static int axis(Weight weight) {
        return weight.uses().get(0).inputAxis();
    }

    /**
     * Positions outside the pattern: in each group all but the n worth most, of equal ones the last.
     *
     * @param worths of every element
     * @param channels length of the axis of the groups
     * @param inner elements behind that axis
     */
    BitSet removed(float[] worths, int channels, int inner) {
        var removed = new BitSet(worths.length);
        for (int block = 0; block < worths.length; block += channels * inner) {
            for (int channel = 0; channel < channels; channel += m) {
                for (int offset = 0; offset < inner; offset++) {
                    removeFromGroup(worths, block + channel * inner + offset, inner, removed);
                }
            }
        }
        return removed;
    }

    private void removeFromGroup(float[] worths, int first, int stride, BitSet removed) {
        for (int i = 0; i < m; i++) {
            int key = OrderStatistic.key(worths[first + i * stride]);
            int larger = 0;
            for (int j = 0; j < m; j++) {
                int other = OrderStatistic.key(worths[first + j * stride]);
                larger += other > key || (other == key && j < i) ? 1 : 0;
            }
            if (larger >= n) {
                removed.set(first + i * stride);
            }
        }
    }

    @Override
    public String toString() {
        return n + ":" + m;
    }
}
