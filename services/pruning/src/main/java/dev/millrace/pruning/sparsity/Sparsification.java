package dev.millrace.pruning.sparsity;

import dev.millrace.engine.train.Revisions;
import dev.millrace.engine.train.Trainer;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.pruning.weight.Weight;
import java.io.IOException;
import java.util.List;

/**
 * Pruning during training: at each round the criterion removes what the pace says, and training holds it at zero. A criterion
 * that learns chooses anew each round, and what it would now keep comes back as it was.
 */
final class Sparsification implements Revisions {
    /**
     * What is removed when.
     *
     * @param at fractions of the training
     * @param shares sparsity behind each
     */
    record Rounds(Pace pace, List<Double> at, List<Double> shares) {}

    private final Rounds rounds;
    private final Criterion criterion;
    private final Model model;
    private final Amount amount;
    private final Evidence.Sources sources;
    private final List<Tensor> original;

    /** @param model that is trained, with the weights that it came with */
    Sparsification(Rounds rounds, Criterion criterion, Model model, Amount amount, Evidence.Sources sources) {
        this.rounds = rounds;
        this.criterion = criterion;
        this.model = model;
        this.amount = amount;
        this.sources = sources;
        original = sources.finder().apply(model).stream().map(Weight::tensor).toList();
    }

    @Override
    public List<Double> at() {
        return rounds.at();
    }

    @Override
    public boolean restartsRate() {
        return rounds.pace().restartsRate();
    }

    @Override
    public boolean addsUpMovement() {
        return criterion.learns();
    }

    @Override
    public void revise(int number, Trainer trainer) throws IOException {
        if (addsUpMovement()) {
            trainer.uncover();
        }
        trainer.store();
        var share = amount.withSparsity(rounds.shares().get(number));
        var evidence = sources.during(trainer).of(model, share);
        var pruned = criterion.prune(evidence);
        for (int i = 0; i < pruned.size(); i++) {
            var tensor = pruned.get(i);
            evidence.weights()
                    .get(i)
                    .graph()
                    .setConstant(
                            rounds.pace() == Pace.LOTTERY_TICKET
                                    ? rewound(tensor, original.get(i))
                                    : tensor.withFloats(tensor.floats()));
        }
        trainer.load();
    }

    /** The weights that the model came with, zero where the pruned ones are. */
    private static Tensor rewound(Tensor pruned, Tensor original) {
        var values = original.floats();
        var mask = pruned.floats();
        for (int i = 0; i < values.length; i++) {
            values[i] = mask[i] == 0 ? 0 : values[i];
        }
        return original.withFloats(values);
    }
}
