package dev.millrace.pruning.sparsity;

/**
 * Removes the weights whose absence changes the loss least to first order: {@code |w · Σ ∂L/∂w|} (Lee, Ajanthan and Torr,
 * "SNIP: single-shot network pruning based on connection sensitivity", 2019). Cost: a forward and a backward pass over the
 * samples.
 */
final class Snip implements Criterion.ByGradients {
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
    public Scores scores(Gradients gradients) {
        var sums = gradients.sum((weight, gradient) -> weight * gradient);
        sums.values().forEach(sum -> {
            for (int i = 0; i < sum.length; i++) {
                sum[i] = Math.abs(sum[i]);
            }
        });
        return Scores.of(sums);
    }
}
