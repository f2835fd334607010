package dev.millrace.pruning.sparsity;

import dev.millrace.pruning.weight.Weight;

/**
 * Removes the weights of smallest magnitude {@code |w|} (Han et al., "Learning both weights and connections", 2015). Cost: a
 * few passes over the weights, one tensor in memory; LAMP sorts each tensor.
 */
final class Magnitude implements Criterion.Scoring {
    @Override
    public String name() {
        return "magnitude";
    }

    @Override
    public String summary() {
        return "Sets the weights of smallest magnitude to zero.";
    }

    @Override
    public String useWhen() {
        return "The model should be smaller on disk or in transfer: half of its weights can go without data, and with"
                + " training in rounds nearly all.";
    }

    @Override
    public Scope scope() {
        return Scope.LAMP;
    }

    @Override
    public Scores scores(Evidence evidence) {
        return Magnitude::score;
    }

    static void score(Weight weight, Scores.Visitor visitor) {
        var values = new Elements(weight.tensor());
        for (long i = 0; i < weight.elements(); i++) {
            visitor.visit(i, Math.abs(values.at(i)));
        }
    }
}
