package dev.millrace.training;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.Loss;
import dev.millrace.engine.train.Objective;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.Option;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Options that say how a student is held to its teachers' answers: {@code (1 − hardLoss) · soft + hardLoss · labels}.
 *
 * <p>The soft loss of classes is the divergence of probabilities softened by {@code temperature} (Hinton, Vinyals and Dean,
 * "Distilling the Knowledge in a Neural Network", 2015); of everything else the mean square of the difference, which also
 * suits logits whose classes are not known (Kim et al., "Comparing Kullback-Leibler Divergence and Mean Squared Error Loss in
 * Knowledge Distillation", 2021), as a share of the variance of the teacher's answers: several outputs count alike,
 * whatever they are measured in, but one that follows from others a tenth: it comes right as they do.
 */
public record Imitation(
        @Option(
                value = "Loss between student and teacher; auto is softTargets for classes, else meanSquare.",
                defaultValue = "\"auto\"")
        Soft softLoss,

        @Option(
                value = "Softens the probabilities of classes; null softens until the likeliest has 0.8 on average.",
                defaultValue = "null",
                allowed = "above 0")
        @Nullable
        Double temperature,

        @Option(
                value =
                        "Share of the loss that comes from labels; null for 0.1 and a second try by labels alone, of all the"
                                + " training where 2,000 rows are held out, else of its last fifth, the better one kept;"
                                + " 0 where there are no labels.",
                defaultValue = "null",
                allowed = "0 ≤ hardLoss ≤ 1")
        @Nullable
        Double hardLoss) {
    private static final double DEFAULT_HARD_LOSS = 0.1;

    /** What an output counts that is computed from others. */
    private static final double FOLLOWING = 0.1;

    /** Answers that vary less than this are all the same. */
    private static final double NOTHING = 1e-12;

    /** The loss between a student's and a teacher's output. */
    public enum Soft {
        /** Soft targets for classes, mean square for the rest. */
        AUTO,
        SOFT_TARGETS,
        MEAN_SQUARE,
        COSINE
    }

    public Imitation {
        Course.requirePositive("temperature", temperature);
        Course.requireShare("hardLoss", hardLoss == null || hardLoss == 1 ? 0 : hardLoss);
    }

    /**
     * The losses of every head, and of the labels where there are some.
     *
     * @param sample rows with the teachers' answers
     * @throws RefusedException {@code LABELS_MISSING} if labels are asked for and there are none
     */
    public List<Objective.Term> terms(List<Head> heads, Optional<LabelKind> labels, Batch sample) {
        double hard = hardLoss != null ? hardLoss : labels.isPresent() ? DEFAULT_HARD_LOSS : 0;
        if (hard > 0 && labels.isEmpty()) {
            throw new RefusedException(
                    "LABELS_MISSING",
                    "training data",
                    "rows without labels and hardLoss=" + hard,
                    "a label for every row, or hardLoss=0");
        }
        var terms = new ArrayList<Objective.Term>();
        boolean classes =
                labels.filter(kind -> kind instanceof LabelKind.Classes).isPresent();
        double all = heads.stream().mapToDouble(Imitation::count).sum();
        for (int i = 0; i < heads.size() && hard < 1; i++) {
            var head = heads.get(i);
            boolean scores = head.kind() == Head.Kind.SOFTMAX || (classes && i == 0);
            var soft = soft(head, scores, sample);
            double share = (1 - hard) * count(head) / all;
            terms.add(new Objective.Term(share / unit(soft, sample), soft));
        }
        // Labels without weight are there all the same: the best weights are those with most right answers.
        labels.ifPresent(kind -> terms.add(new Objective.Term(hard, kind.loss(heads.get(0), 0))));
        return terms;
    }

    private static double count(Head head) {
        return head.follows() ? FOLLOWING : 1;
    }

    /** Whether nobody said how much labels count. */
    boolean leavesLabelsOpen() {
        return hardLoss == null;
    }

    /** All of the weight on the loss of class labels; empty where there is none. */
    static Optional<Objective> byLabels(Objective objective) {
        boolean classes = objective.terms().stream().anyMatch(term -> term.loss() instanceof Loss.CrossEntropy);
        return classes
                ? Optional.of(new Objective(objective.terms().stream()
                        .map(term -> new Objective.Term(term.loss() instanceof Loss.CrossEntropy ? 1 : 0, term.loss()))
                        .toList()))
                : Optional.empty();
    }

    /** What a loss is measured in: a mean square in the variance of the answers, so that it is a share, as all others are. */
    private static double unit(Loss soft, Batch sample) {
        var answers = sample.expected().get(soft.target());
        boolean square = soft instanceof Loss.Hint hint && hint.measure() == Loss.Measure.MEAN_SQUARE;
        double variance = square && answers != null ? variance(answers) : 1;
        return variance > NOTHING ? variance : 1;
    }

    private static double variance(Value answers) {
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < answers.size(); i++) {
            sum += answers.number(i);
            squares += answers.number(i) * answers.number(i);
        }
        double mean = sum / answers.size();
        return squares / answers.size() - mean * mean;
    }

    private Loss soft(Head head, boolean scores, Batch sample) {
        var target = Teachers.target(head.value());
        double softness = temperature != null
                ? temperature
                : Temperature.of(sample.expected().get(target));
        var soft = new Loss.SoftTargets(head.value(), target, softness);
        var square = new Loss.Hint(head.value(), target, Loss.Measure.MEAN_SQUARE);
        return switch (softLoss) {
            case AUTO -> scores ? soft : square;
            case SOFT_TARGETS -> soft;
            case MEAN_SQUARE -> square;
            case COSINE -> new Loss.Hint(head.value(), target, Loss.Measure.COSINE);
        };
    }
}
