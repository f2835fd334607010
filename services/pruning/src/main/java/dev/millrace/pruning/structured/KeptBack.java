package dev.millrace.pruning.structured;

import java.io.IOException;
import java.util.ArrayList;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Keeps widths back that cost time: an operator that works in blocks can be slower where it is narrower. Group by group, the
 * next wider width and the whole are measured against the width chosen. Cost: two short measurements for each group, more
 * where one is slower.
 *
 * @param target what may be left of the whole, 0..1
 * @param choose widths that leave no more than the target where the candidates allow it
 */
record KeptBack(Widths widths, double target, Function<Widths, int[]> choose, Times times) {
    /** Measures widths beside others. */
    interface Times {
        /** Whether some widths are clearly faster than others. */
        boolean isFaster(int[] tried, int[] over) throws IOException;
    }

    /**
     * The widths with the groups that were slower left wider and others narrower in their place, if that is faster and within
     * the target; else as they were.
     */
    int[] faster(int[] kept) throws IOException {
        var candidates = new ArrayList<>(widths.candidates());
        for (int c = 0; c < kept.length; c++) {
            int group = c;
            var each = candidates.get(c);
            var wider = IntStream.of(each.wider(kept[c]), each.size())
                    .distinct()
                    .filter(width -> width > kept[group])
                    .toArray();
            for (int width : wider) {
                var tried = kept.clone();
                tried[c] = width;
                if (times.isFaster(tried, kept)) {
                    candidates.set(c, each.atLeast(width));
                    break;
                }
            }
        }
        if (candidates.equals(widths.candidates())) {
            return kept;
        }
        var changed = choose.apply(new Widths(candidates, widths.left()));
        return widths.left().applyAsDouble(changed) <= target && times.isFaster(changed, kept) ? changed : kept;
    }
}
