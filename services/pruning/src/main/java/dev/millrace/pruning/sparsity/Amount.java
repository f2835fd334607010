package dev.millrace.pruning.sparsity;

import dev.millrace.pruning.weight.Matrix;
import dev.millrace.pruning.weight.Weight;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * How many weights go, and where.
 *
 * @param sparsity share of the weights that becomes zero, 0..1
 * @param scope how it is shared out; with a pattern it is the same in every layer
 * @param pattern what every group must look like in the end
 */
record Amount(double sparsity, Scope scope, Optional<Pattern> pattern) {
    Amount withSparsity(double share) {
        return new Amount(share, scope, pattern);
    }

    /** Whether the weight can be pruned so. */
    boolean fits(Weight weight) {
        return pattern.map(each -> each.fits(weight)).orElse(true);
    }

    /**
     * The elements that go, for every weight: those worth least; of equal ones the first.
     *
     * @param weights all of which {@link #fits fit}
     */
    List<BitSet> removed(List<Weight> weights, Scores scores) {
        if (pattern.isPresent()) {
            return weights.stream()
                    .map(weight -> {
                        int axis = Pattern.axis(weight);
                        int inner = 1;
                        for (int later = axis + 1; later < weight.tensor().rank(); later++) {
                            inner *= (int) weight.tensor().dim(later);
                        }
                        long count = Math.round(sparsity * weight.elements());
                        return chosen(scores.of(weight), (int) weight.tensor().dim(axis), inner, count);
                    })
                    .toList();
        }
        var zeros = scope.zeros(weights, scores, sparsity);
        var removed = new ArrayList<BitSet>();
        for (int i = 0; i < zeros.length; i++) {
            var weight = weights.get(i);
            removed.add(
                    scope == Scope.ROW
                            ? byRow(weight, scores.of(weight))
                            : smallest(sink -> scores.visit(weight, (index, worth) -> sink.accept(worth)), zeros[i]));
        }
        return removed;
    }

    /**
     * The {@code count} elements worth least; with a pattern, of those that it does not want.
     *
     * @param worths of every element, changed here
     * @param channels length of the axis of a pattern's groups
     * @param inner elements behind that axis
     */
    BitSet chosen(float[] worths, int channels, int inner, long count) {
        if (pattern.isPresent()) {
            var unwanted = pattern.get().removed(worths, channels, inner);
            if (count >= unwanted.cardinality()) {
                return unwanted;
            }
            for (int i = unwanted.nextClearBit(0); i < worths.length; i = unwanted.nextClearBit(i + 1)) {
                worths[i] = Float.NaN; // comes last
            }
        }
        return smallest(worths, count);
    }

    private BitSet byRow(Weight weight, float[] worths) {
        var matrix = Matrix.of(weight);
        var removed = new BitSet(worths.length);
        long before = 0;
        for (int row = 0; row < matrix.rows(); row++) {
            var part = new float[matrix.columns()];
            for (int column = 0; column < part.length; column++) {
                part[column] = worths[matrix.index(row, column)];
            }
            long until = Math.round(sparsity * part.length * (row + 1));
            int at = row;
            smallest(part, until - before).stream().forEach(column -> removed.set(matrix.index(at, column)));
            before = until;
        }
        return removed;
    }

    private static BitSet smallest(float[] worths, long count) {
        return smallest(
                sink -> {
                    for (float worth : worths) {
                        sink.accept(worth);
                    }
                },
                count);
    }

    /** The {@code count} smallest; of equal ones the first. Reads the scores four times. */
    private static BitSet smallest(OrderStatistic.Source scores, long count) {
        var chosen = new BitSet();
        if (count == 0) {
            return chosen;
        }
        int threshold = OrderStatistic.kth(scores, count);
        var ties = new long[] {count};
        scores.forEach(score -> ties[0] -= OrderStatistic.key(score) < threshold ? 1 : 0);
        var index = new int[1];
        scores.forEach(score -> {
            int key = OrderStatistic.key(score);
            if (key < threshold || (key == threshold && ties[0]-- > 0)) {
                chosen.set(index[0]);
            }
            index[0]++;
        });
        return chosen;
    }
}
