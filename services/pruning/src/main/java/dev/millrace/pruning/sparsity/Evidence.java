package dev.millrace.pruning.sparsity;

import dev.millrace.engine.train.Trainer;
import dev.millrace.onnx.Model;
import dev.millrace.pruning.weight.Weight;
import dev.millrace.stage.StageContext;
import dev.millrace.training.Lesson;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a criterion sees.
 *
 * @param model as it is now
 * @param weights of the model, those to prune
 * @param amount how many are to be zero afterwards, those that are already counted in
 */
record Evidence(Model model, List<Weight> weights, Amount amount, Sources sources) {
    /**
     * Where a criterion may look further.
     *
     * @param finder finds the weights to prune in the model or in a copy of it, in the same order
     * @param samples rows of data to look at, at most
     * @param context the task
     * @param notes takes sentences for the report
     * @param lesson present if the criterion reads labels, or if the model is in training
     * @param trainer present if the model is in training
     */
    record Sources(
            Function<Model, List<Weight>> finder,
            int samples,
            StageContext context,
            Set<String> notes,
            @Nullable Lesson lesson,
            @Nullable Trainer trainer) {
        Evidence of(Model model, Amount amount) {
            return new Evidence(model, finder.apply(model), amount, this);
        }

        Sources reading(Lesson practice) {
            return new Sources(finder, samples, context, notes, practice, trainer);
        }

        Sources during(Trainer training) {
            return new Sources(finder, samples, context, notes, lesson, training);
        }
    }

    StageContext context() {
        return sources.context;
    }

    Lesson lesson() {
        return Objects.requireNonNull(sources.lesson, "the criterion reads labels");
    }

    Trainer trainer() {
        return Objects.requireNonNull(sources.trainer, "the criterion learns");
    }
}
