package dev.millrace.pruning;

import java.io.IOException;
import java.util.List;

/**
 * Removes the weights whose absence changes the loss least to first order: {@code |w · Σ ∂L/∂w|} (Lee, Ajanthan and Torr,
 * "SNIP: single-shot network pruning based on connection sensitivity", 2019). Cost: a forward and a backward pass over the
 * samples.
 */
final class Snip implements Criterion.Scoring {
    @Override
    public String name() {
        return "snip";
    }

    @Override
    public String summary() {
        return "Sets the weights to zero that the loss is least sensitive to.";
    }

    @Override
    public String useWhen() {
        return "The model is not trained yet or will be trained again, and there are labels.";
    }

    @Override
    public List<String> data() {
        return List.of("training");
    }

    @Override
    public Scope scope() {
        return Scope.GLOBAL;
    }

    @Override
    public boolean reads() {
        return true;
    }

    @Override
    public Scores scores(Evidence evidence) throws IOException {
        try (var gradients = Gradients.ofLabels(evidence)) {
            var sums = gradients.sum((weight, gradient) -> weight * gradient);
            sums.values().forEach(sum -> {
                for (int i = 0; i < sum.length; i++) {
                    sum[i] = Math.abs(sum[i]);
                }
            });
            return Scores.of(sums);
        }
    }
}
