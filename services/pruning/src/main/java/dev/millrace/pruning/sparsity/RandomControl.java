package dev.millrace.pruning.sparsity;

import java.util.SplittableRandom;

/** Removes weights drawn at random: the control that any criterion must beat. Cost: as magnitude. */
final class RandomControl implements Criterion.Scoring {
    @Override
    public String name() {
        return "random";
    }

    @Override
    public String summary() {
        return "Sets weights drawn at random to zero.";
    }

    @Override
    public String useWhen() {
        return "You want to know what a pruning criterion is worth: this is the control.";
    }

    @Override
    public Scope scope() {
        return Scope.LAYER;
    }

    @Override
    public Scores scores(Evidence evidence) {
        long seed = evidence.context().seed();
        return (weight, visitor) -> {
            var random = new SplittableRandom(seed * 31 + weight.name().hashCode());
            for (long i = 0; i < weight.elements(); i++) {
                visitor.visit(i, (float) random.nextDouble());
            }
        };
    }
}
