package dev.millrace.pruning;

import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.Budget;
import dev.millrace.engine.train.Objective;
import dev.millrace.engine.train.Trainer;
import dev.millrace.engine.train.TrainingSettings;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.stage.StageContext;
import dev.millrace.training.Lesson;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/** Gradients of the labels' loss by the weights, batch by batch, for those that score by them. */
final class Gradients implements Closeable {
    private final List<Weight> weights;
    private final Trainer trainer;
    private final List<Batch> batches;

    private Gradients(List<Weight> weights, Trainer trainer, List<Batch> batches) {
        this.weights = weights;
        this.trainer = trainer;
        this.batches = batches;
    }

    /** @throws RefusedException {@code LABELS_MISSING} if the training data has no labels */
    static Gradients ofLabels(Evidence evidence) throws IOException {
        return ofLabels(
                evidence.model(),
                evidence.weights(),
                evidence.lesson(),
                evidence.sources().samples(),
                evidence.context());
    }

    /**
     * Gradients for a model and some of its weights.
     *
     * @param samples rows to look at, at most
     * @throws RefusedException {@code LABELS_MISSING} if the training data has no labels
     */
    static Gradients ofLabels(Model model, List<Weight> weights, Lesson lesson, int samples, StageContext context)
            throws IOException {
        var loss = lesson.requiredLabels().loss(lesson.student().heads().get(0), 0);
        var batches = new ArrayList<Batch>();
        int rows = 0;
        for (var next = lesson.trainingBatches(); next.hasNext() && rows < samples; ) {
            batches.add(next.next());
            rows += batches.get(batches.size() - 1).rows();
        }
        return new Gradients(weights, trainer(model, Objective.of(loss), context), batches);
    }

    static Trainer trainer(Model model, Objective objective, StageContext context) throws IOException {
        var settings = TrainingSettings.adamW(1, Budget.steps(1)).threads(context.threads());
        return Trainer.open(model, objective, settings, context.workDirectory());
    }

    List<Weight> weights() {
        return weights;
    }

    Trainer trainer() {
        return trainer;
    }

    List<Batch> batches() {
        return batches;
    }

    /** A number more for an element. */
    interface Term {
        /**
         * @param weight the element
         * @param gradient by it, the mean over one batch
         */
        float of(float weight, float gradient);
    }

    /** Terms summed over the batches, for each element. */
    IdentityHashMap<Weight, float[]> sum(Term term) {
        var sums = new IdentityHashMap<Weight, float[]>();
        for (var batch : batches) {
            add(weights, trainer.gradients(batch), term, sums);
        }
        return sums;
    }

    /** Adds terms of numbers that training gave for each of its weights. */
    static void add(
            List<Weight> weights, List<Trainer.PerWeight> given, Term term, IdentityHashMap<Weight, float[]> sums) {
        for (var weight : weights) {
            var values = weight.tensor().floats();
            var numbers = of(weight, given).numbers().floats();
            var sum = sums.computeIfAbsent(weight, each -> new float[values.length]);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += term.of(values[i], numbers.get(i));
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // graphs are mutable; the place counts, not the content
    static boolean same(Weight weight, Trainer.PerWeight trained) {
        return trained.graph() == weight.graph() && trained.weight().name().equals(weight.name());
    }

    static Trainer.PerWeight of(Weight weight, List<Trainer.PerWeight> given) {
        return given.stream()
                .filter(each -> same(weight, each))
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        "GRADIENT_MISSING",
                        "weight '" + weight.name() + "'",
                        "no gradient of the first output reaches it",
                        "a weight before that output; option ignored leaves a layer alone"));
    }

    @Override
    public void close() {
        trainer.close();
    }
}
