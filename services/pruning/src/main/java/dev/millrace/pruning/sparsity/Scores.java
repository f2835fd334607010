package dev.millrace.pruning.sparsity;

import dev.millrace.pruning.weight.Weight;
import java.util.IdentityHashMap;
import java.util.Objects;

/** What each element of each weight is worth; those worth least go first. The same on every visit. */
@FunctionalInterface
interface Scores {
    /** Receives the worth of elements in row-major order. */
    interface Visitor {
        void visit(long index, float worth);
    }

    void score(Weight weight, Visitor visitor);

    /** Visits a weight. What is zero already is worth less than anything else, so that masks only grow. */
    default void visit(Weight weight, Visitor visitor) {
        var values = new Elements(weight.tensor());
        score(weight, (index, worth) -> visitor.visit(index, values.at(index) == 0 ? Float.NEGATIVE_INFINITY : worth));
    }

    /** All of one weight's, in row-major order. */
    default float[] of(Weight weight) {
        var worths = new float[Math.toIntExact(weight.elements())];
        visit(weight, (index, worth) -> worths[(int) index] = worth);
        return worths;
    }

    /** Scores that were computed: an array for every weight. */
    static Scores of(IdentityHashMap<Weight, float[]> arrays) {
        return (weight, visitor) -> {
            var worths = Objects.requireNonNull(arrays.get(weight), weight.name());
            for (int i = 0; i < worths.length; i++) {
                visitor.visit(i, worths[i]);
            }
        };
    }
}
