package dev.millrace.pruning.sparsity;

import dev.millrace.engine.train.Trainer;
import dev.millrace.message.RefusedException;
import dev.millrace.pruning.weight.DifferentiableLoss;
import dev.millrace.pruning.weight.Weight;
import java.util.IdentityHashMap;
import java.util.List;

/** Gradients of a loss by the weights, batch by batch, for those that score by them. */
record Gradients(DifferentiableLoss loss, List<Weight> weights) {
    /** A number more for an element. */
    interface Term {
        /**
         * @param weight the element
         * @param gradient by it, the mean over one batch
         */
        float of(float weight, float gradient);
    }

    /** Terms summed over the batches, for each element. */
    IdentityHashMap<Weight, float[]> sum(Term term) {
        var sums = new IdentityHashMap<Weight, float[]>();
        for (var batch : loss.batches()) {
            add(weights, loss.trainer().gradients(batch), term, sums);
        }
        return sums;
    }

    /** Adds terms of numbers that training gave for each of its weights. */
    static void add(
            List<Weight> weights, List<Trainer.PerWeight> given, Term term, IdentityHashMap<Weight, float[]> sums) {
        for (var weight : weights) {
            var values = weight.tensor().floats();
            var numbers = of(weight, given).numbers().floats();
            var sum = sums.computeIfAbsent(weight, each -> new float[values.length]);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += term.of(values[i], numbers.get(i));
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // graphs are mutable; the place counts, not the content
    static boolean same(Weight weight, Trainer.PerWeight trained) {
        return trained.graph() == weight.graph() && trained.weight().name().equals(weight.name());
    }

    static Trainer.PerWeight of(Weight weight, List<Trainer.PerWeight> given) {
        return given.stream()
                .filter(each -> same(weight, each))
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        "GRADIENT_MISSING",
                        "weight '" + weight.name() + "'",
                        "no gradient of the first output reaches it",
                        "a weight before that output; option ignored leaves a layer alone"));
    }
}
