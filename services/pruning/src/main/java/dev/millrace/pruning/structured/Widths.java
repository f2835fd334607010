package dev.millrace.pruning.structured;

import dev.millrace.onnx.channel.Cut;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Finds how many channels of each group stay.
 *
 * @param left what is left of the whole, 0..1, with given widths; it does not grow where one gets narrower
 */
record Widths(List<Candidate> candidates, ToDoubleFunction<int[]> left) {
    /** How near to the target widths should come, as a share of the whole. */
    private static final double TOLERANCE = 0.02;

    private static final int BISECTIONS = 24;

    /** All there is. */
    int[] whole() {
        return candidates.stream().mapToInt(Candidate::size).toArray();
    }

    /** The same share of every group, rounded up to the widths that each may have. */
    int[] even(double share) {
        return candidates.stream()
                .mapToInt(each -> each.width(Math.round(each.size() * share)))
                .toArray();
    }

    /** The widest even ones that leave no more than the target, and then what there is room for; the narrowest if none does. */
    int[] evenBelow(double target) {
        double low = 0;
        double high = 1;
        if (left.applyAsDouble(even(high)) <= target) {
            return even(high);
        }
        for (int i = 0; i < BISECTIONS; i++) {
            double middle = (low + high) / 2;
            if (left.applyAsDouble(even(middle)) <= target) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return filled(even(low), target);
    }

    /** A step from a width to the next narrower one. */
    private record Step(int candidate, int width, double price) {}

    /**
     * Takes away step by step whatever is worth least for what it saves, until no more than the target is left; then what
     * there is room for comes back. What a step saves only falls as others are taken, so a price that is still the lowest
     * when looked at again is the lowest of all.
     */
    int[] cheapestBelow(double target) {
        var widths = whole();
        double now = left.applyAsDouble(widths);
        var steps = new PriorityQueue<Step>((a, b) ->
                a.price == b.price ? Integer.compare(a.candidate, b.candidate) : Double.compare(a.price, b.price));
        for (int c = 0; c < candidates.size(); c++) {
            offer(steps, c, widths, now);
        }
        while (now > target && !steps.isEmpty()) {
            var step = steps.poll();
            double price = price(step.candidate, widths, now);
            if (!steps.isEmpty() && price > steps.element().price) {
                steps.add(new Step(step.candidate, step.width, price));
                continue;
            }
            widths[step.candidate] = candidates.get(step.candidate).narrower(widths[step.candidate]);
            now = left.applyAsDouble(widths);
            offer(steps, step.candidate, widths, now);
        }
        return filled(widths, target);
    }

    private void offer(PriorityQueue<Step> steps, int candidate, int[] widths, double now) {
        if (candidates.get(candidate).narrower(widths[candidate]) < widths[candidate]) {
            steps.add(new Step(candidate, widths[candidate], price(candidate, widths, now)));
        }
    }

    /** What the next step is worth, for each share of the whole that it saves. */
    private double price(int candidate, int[] widths, double now) {
        var each = candidates.get(candidate);
        int narrower = each.narrower(widths[candidate]);
        double saved = now - left.applyAsDouble(with(widths, candidate, narrower));
        return saved <= 0 ? Double.POSITIVE_INFINITY : each.worth(widths[candidate], narrower) / saved;
    }

    /** Gives back the steps that are worth most for their cost, as long as the target has room. */
    private int[] filled(int[] found, double target) {
        var widths = found;
        double now = left.applyAsDouble(widths);
        while (target - now > TOLERANCE) {
            int best = -1;
            double value = -1;
            for (int c = 0; c < widths.length; c++) {
                var each = candidates.get(c);
                int wider = each.wider(widths[c]);
                double cost = left.applyAsDouble(with(widths, c, wider)) - now;
                if (wider > widths[c] && now + cost <= target) {
                    double worth = each.worth(wider, widths[c]) / Math.max(cost, 1e-9);
                    if (worth > value) {
                        value = worth;
                        best = c;
                    }
                }
            }
            if (best < 0) {
                return widths;
            }
            widths = with(widths, best, candidates.get(best).wider(widths[best]));
            now = left.applyAsDouble(widths);
        }
        return widths;
    }

    private static int[] with(int[] widths, int candidate, int width) {
        var changed = widths.clone();
        changed[candidate] = width;
        return changed;
    }

    /** What goes in all groups. */
    Cut cut(int[] widths) {
        var cut = new Cut();
        IntStream.range(0, widths.length)
                .forEach(c ->
                        cut.remove(candidates.get(c).group(), candidates.get(c).removed(widths[c])));
        return cut;
    }
}
