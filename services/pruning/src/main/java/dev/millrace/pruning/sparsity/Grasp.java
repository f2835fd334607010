package dev.millrace.pruning.sparsity;

import dev.millrace.engine.Value;
import dev.millrace.engine.train.Trainer;
import dev.millrace.pruning.weight.Weight;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;

/**
 * Keeps the weights that the flow of gradients needs: {@code w · (H g)}, where g is the gradient of the loss and H its
 * Hessian (Wang, Zhang and Grosse, "Picking winning tickets before training by preserving gradient flow", 2020). Cost: two
 * backward passes over the samples, one of them through the gradient.
 */
final class Grasp implements Criterion.ByGradients {
    @Override
    public String name() {
        return "grasp";
    }

    @Override
    public String summary() {
        return "Sets the weights to zero without which gradients flow best.";
    }

    @Override
    public String useWhen() {
        return "The model is not trained yet, will be trained sparse, and there are labels.";
    }

    @Override
    public Scores scores(Gradients gradients) {
        var direction = direction(gradients);
        var loss = gradients.loss();
        var sums = new IdentityHashMap<Weight, float[]>();
        for (var batch : loss.batches()) {
            var curvature = loss.trainer().curvature(batch, direction);
            Gradients.add(gradients.weights(), curvature, (weight, change) -> weight * change, sums);
        }
        return Scores.of(sums);
    }

    /** The gradient summed over all batches; zero for what is not pruned, so that the Hessian is that of the weights. */
    private static List<Trainer.PerWeight> direction(Gradients gradients) {
        var sums = gradients.sum((weight, gradient) -> gradient);
        var loss = gradients.loss();
        var direction = new ArrayList<Trainer.PerWeight>();
        for (var each : loss.trainer().gradients(loss.batches().get(0))) {
            var own = gradients.weights().stream()
                    .filter(weight -> Gradients.same(weight, each))
                    .findFirst();
            direction.add(new Trainer.PerWeight(
                    each.graph(),
                    each.weight(),
                    own.map(weight -> Value.of(
                                    Objects.requireNonNull(sums.get(weight)),
                                    weight.tensor().dims()))
                            .orElseGet(() -> Value.zeros(
                                    each.numbers().type(), each.numbers().dims()))));
        }
        return direction;
    }
}
