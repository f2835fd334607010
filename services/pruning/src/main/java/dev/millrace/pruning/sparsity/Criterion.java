package dev.millrace.pruning.sparsity;

import dev.millrace.onnx.Tensor;
import dev.millrace.pruning.weight.DifferentiableLoss;
import dev.millrace.training.Lesson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A way to tell which weights go. One class each, which states formula, source and cost. */
interface Criterion {
    /** All of them, in the order in which they are told of. */
    static List<Criterion> all() {
        return List.of(
                new Magnitude(),
                new Wanda(),
                new SparseGpt(),
                new Snip(),
                new Grasp(),
                new SynFlow(),
                new Taylor(),
                new Movement(),
                new RandomControl());
    }

    /** Name in recipes. */
    String name();

    /** What it does, one sentence. */
    String summary();

    /** When to use it, one sentence. */
    String useWhen();

    /** Roles of data that it cannot do without. */
    default List<String> data() {
        return List.of();
    }

    /** How the sparsity is shared out where a recipe does not say. */
    Scope scope();

    /** Whether it sees from a training under way, {@link Evidence#trainer}, what to remove. */
    default boolean learns() {
        return false;
    }

    /** Whether it reads labelled batches, {@link Evidence#lesson}. */
    default boolean reads() {
        return false;
    }

    /**
     * The weights with as many zeros as the amount says; others may change too.
     *
     * @return one tensor for each weight of the evidence
     */
    List<Tensor> prune(Evidence evidence) throws IOException;

    /** A criterion that gives every element a worth and leaves what stays as it is. */
    interface Scoring extends Criterion {
        Scores scores(Evidence evidence) throws IOException;

        @Override
        default List<Tensor> prune(Evidence evidence) throws IOException {
            var removed = evidence.amount().removed(evidence.weights(), scores(evidence));
            var pruned = new ArrayList<Tensor>();
            for (int i = 0; i < removed.size(); i++) {
                pruned.add(MaskedData.of(evidence.weights().get(i).tensor(), removed.get(i)));
            }
            return pruned;
        }
    }

    /** A criterion that scores by the gradients of the labels' loss. */
    interface ByGradients extends Scoring {
        Scores scores(Gradients gradients) throws IOException;

        @Override
        default List<String> data() {
            return List.of(Lesson.TRAINING);
        }

        @Override
        default Scope scope() {
            return Scope.GLOBAL;
        }

        @Override
        default boolean reads() {
            return true;
        }

        @Override
        default Scores scores(Evidence evidence) throws IOException {
            int samples = evidence.sources().samples();
            try (var loss =
                    DifferentiableLoss.ofLabels(evidence.model(), evidence.lesson(), samples, evidence.context())) {
                return scores(new Gradients(loss, evidence.weights()));
            }
        }
    }
}
