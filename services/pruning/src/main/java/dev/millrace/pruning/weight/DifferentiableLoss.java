package dev.millrace.pruning.weight;

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
import java.util.List;

/**
 * What a model loses on some batches, differentiable by its weights.
 *
 * @param trainer of the model, which takes no step
 * @param batches at least one
 */
public record DifferentiableLoss(Trainer trainer, List<Batch> batches) implements Closeable {
    public static DifferentiableLoss of(Model model, Objective objective, List<Batch> batches, StageContext context)
            throws IOException {
        var settings = TrainingSettings.adamW(1, Budget.steps(1)).threads(context.threads());
        return new DifferentiableLoss(Trainer.open(model, objective, settings, context.workDirectory()), batches);
    }

    /**
     * By the labels of the training data.
     *
     * @param samples rows to look at, rounded up to whole batches
     * @throws RefusedException {@code LABELS_MISSING} if the training data has no labels
     */
    public static DifferentiableLoss ofLabels(Model model, Lesson lesson, int samples, StageContext context)
            throws IOException {
        var loss = lesson.requiredLabels().loss(lesson.student().heads().get(0), 0);
        var batches = new ArrayList<Batch>();
        int rows = 0;
        for (var next = lesson.trainingBatches(); next.hasNext() && rows < samples; ) {
            batches.add(next.next());
            rows += batches.get(batches.size() - 1).rows();
        }
        return of(model, Objective.of(loss), batches, context);
    }

    @Override
    public void close() {
        trainer.close();
    }
}
