package dev.millrace.pruning.sparsity;

/**
 * Removes the weights whose absence changes the loss least, batch by batch: {@code Σ_b (w · ∂L_b/∂w)²} (Molchanov et al.,
 * "Importance estimation for neural network pruning", 2019). Near a minimum, where gradients of batches cancel out, it still
 * tells weights apart. Cost: a forward and a backward pass over the samples.
 */
final class Taylor implements Criterion.ByGradients {
    @Override
    public String name() {
        return "taylor";
    }

    @Override
    public String summary() {
        return "Sets the weights to zero that change the loss of no batch much.";
    }

    @Override
    public String useWhen() {
        return "The model is trained, and there are labels.";
    }

    @Override
    public Scores scores(Gradients gradients) {
        return Scores.of(gradients.sum((weight, gradient) -> weight * gradient * weight * gradient));
    }
}
