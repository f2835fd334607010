package dev.millrace.pruning.sparsity;

import dev.millrace.pruning.weight.Weight;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Keeps the weights that training moves away from zero: {@code S = −Σ_t rate_t · ∂L/∂w' · w}, added up at every step, with the
 * gradient by the weight as the model uses it, {@code w' = w} where S is among the largest and 0 elsewhere (Sanh, Wolf and
 * Rush, "Movement pruning: adaptive sparsity by fine-tuning", 2020). A weight that is removed stays in memory as it was, goes
 * on to be scored, and comes back in a later round if its score has recovered. Cost: two element-wise products a step, and
 * memory for two numbers a weight.
 */
final class Movement implements Criterion.Scoring {
    @Override
    public String name() {
        return "movement";
    }

    @Override
    public String summary() {
        return "Sets the weights to zero that training moves towards zero, while it trains.";
    }

    @Override
    public String useWhen() {
        return "A pretrained model is fitted to a task and pruned in the same run.";
    }

    @Override
    public List<String> data() {
        return List.of("training");
    }

    @Override
    public Scope scope() {
        return Scope.LAYER;
    }

    @Override
    public boolean learns() {
        return true;
    }

    @Override
    public Scores scores(Evidence evidence) {
        var moved = evidence.trainer().movement();
        var scores = new IdentityHashMap<Weight, float[]>();
        for (var weight : evidence.weights()) {
            var numbers = new float[Math.toIntExact(weight.elements())];
            Gradients.of(weight, moved).numbers().floats().get(numbers);
            scores.put(weight, numbers);
        }
        return Scores.of(scores);
    }
}
