package dev.millrace.pruning.sparsity;

import dev.millrace.pruning.weight.Weight;
import java.util.Arrays;
import java.util.List;

/** How a sparsity for the whole model is shared out between its tensors. Each returns the number of zeros per tensor. */
enum Scope {
    /** The same sparsity in every tensor. */
    LAYER {
        @Override
        long[] zeros(List<Weight> weights, Scores scores, double sparsity) {
            return weights.stream()
                    .mapToLong(weight -> Math.round(sparsity * weight.elements()))
                    .toArray();
        }
    },

    /** The same sparsity in every tensor and, within it, for every output of the layer. */
    ROW {
        @Override
        long[] zeros(List<Weight> weights, Scores scores, double sparsity) {
            return LAYER.zeros(weights, scores, sparsity);
        }
    },

    /** One threshold for all tensors (Han et al., 2015). */
    GLOBAL {
        @Override
        long[] zeros(List<Weight> weights, Scores scores, double sparsity) {
            return smallest(
                    weights, sparsity, (weight, sink) -> scores.visit(weight, (index, worth) -> sink.accept(worth)));
        }
    },

    /**
     * One threshold on {@code score(u) = s_u² / Σ_{v: s_v ≥ s_u} s_v²}, where s is what an element is worth: the distortion
     * of the layer relative to what is left of it (Lee et al., "Layer-adaptive sparsity for the magnitude-based pruning",
     * 2021). Never empties a layer.
     */
    LAMP {
        @Override
        long[] zeros(List<Weight> weights, Scores scores, double sparsity) {
            return smallest(weights, sparsity, (weight, sink) -> lampScores(scores.of(weight), sink));
        }
    },

    /**
     * Density in proportion to {@code Σ dims / Π dims}, so that small layers keep more (Erdős–Rényi kernel: Evci et al.,
     * "Rigging the lottery", 2020).
     */
    ERK {
        @Override
        long[] zeros(List<Weight> weights, Scores scores, double sparsity) {
            return erdosRenyiKernel(weights, sparsity);
        }
    };

    /** Zeros per tensor, in the order of the weights; they sum up to {@code sparsity} of all elements, rounded. */
    abstract long[] zeros(List<Weight> weights, Scores scores, double sparsity);

    /** Numbers for one tensor's elements, in any order. */
    private interface Scoring {
        void score(Weight weight, OrderStatistic.Sink sink);
    }

    private static long total(List<Weight> weights, double sparsity) {
        return Math.round(
                sparsity * weights.stream().mapToLong(Weight::elements).sum());
    }

    /** Removes the smallest scores over all tensors; equal ones from the first tensors on. */
    private static long[] smallest(List<Weight> weights, double sparsity, Scoring scoring) {
        long total = total(weights, sparsity);
        var zeros = new long[weights.size()];
        if (total == 0) {
            return zeros;
        }
        int threshold = OrderStatistic.kth(sink -> weights.forEach(weight -> scoring.score(weight, sink)), total);
        var ties = new long[weights.size()];
        for (int i = 0; i < zeros.length; i++) {
            int tensor = i;
            scoring.score(weights.get(i), score -> {
                int key = OrderStatistic.key(score);
                zeros[tensor] += key < threshold ? 1 : 0;
                ties[tensor] += key == threshold ? 1 : 0;
            });
        }
        long missing = total - Arrays.stream(zeros).sum();
        for (int i = 0; i < zeros.length; i++) {
            long taken = Math.min(missing, ties[i]);
            zeros[i] += taken;
            missing -= taken;
        }
        return zeros;
    }

    private static void lampScores(float[] worths, OrderStatistic.Sink sink) {
        for (int i = 0; i < worths.length; i++) {
            worths[i] = Math.max(0, worths[i]);
        }
        Arrays.sort(worths);
        double left = 0;
        for (int i = worths.length - 1; i >= 0; i--) {
            double square = (double) worths[i] * worths[i];
            left += square;
            sink.accept(left == 0 ? 0 : (float) (square / left));
        }
    }

    /** Layers whose density would exceed 1 stay dense, and the others carry the rest. */
    private static long[] erdosRenyiKernel(List<Weight> weights, double sparsity) {
        var raw = weights.stream()
                .mapToDouble(weight -> Arrays.stream(weight.tensor().dims()).sum() / (double) weight.elements())
                .toArray();
        var dense = new boolean[raw.length];
        double factor = 0;
        for (boolean changed = true; changed; ) {
            changed = false;
            double kept = weights.stream().mapToLong(Weight::elements).sum() * (1 - sparsity);
            double share = 0;
            for (int i = 0; i < raw.length; i++) {
                kept -= dense[i] ? weights.get(i).elements() : 0;
                share += dense[i] ? 0 : raw[i] * weights.get(i).elements();
            }
            factor = share == 0 ? 0 : Math.max(0, kept) / share;
            for (int i = 0; i < raw.length; i++) {
                if (!dense[i] && factor * raw[i] > 1) {
                    dense[i] = true;
                    changed = true;
                }
            }
        }
        var zeros = new long[raw.length];
        for (int i = 0; i < raw.length; i++) {
            zeros[i] = dense[i]
                    ? 0
                    : Math.round((1 - factor * raw[i]) * weights.get(i).elements());
        }
        correctRounding(zeros, total(weights, sparsity), weights);
        return zeros;
    }

    /** Moves the few zeros that rounding gained or lost, so that the sum is exact. */
    private static void correctRounding(long[] zeros, long total, List<Weight> weights) {
        long difference = total - Arrays.stream(zeros).sum();
        for (int i = 0; i < zeros.length && difference != 0; i++) {
            long corrected = Math.max(0, Math.min(weights.get(i).elements(), zeros[i] + difference));
            difference -= corrected - zeros[i];
            zeros[i] = corrected;
        }
    }
}
