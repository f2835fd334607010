package dev.millrace.distillation;

import dev.millrace.engine.train.Objective;
import dev.millrace.engine.train.Schedule;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Trains the model by labels: cross-entropy for classes, binary cross-entropy for yes or no behind a Sigmoid, mean square
 * for numbers. Cost: a forward and a backward pass for every row and epoch.
 */
final class FineTune implements Technique<FineTune.Options> {
    /** How to train. */
    record Options(
            @Option(value = "Share of a class label that is spread over all classes.", defaultValue = "0")
            double labelSmoothing,

            @Option(value = "How gradients change weights.", defaultValue = "\"adamW\"")
            Method optimizer,

            @Option(
                    value = "Highest learning rate; null for 0.001 with adamW, 0.05 with sgd.",
                    defaultValue = "null",
                    allowed = "above 0")
            @Nullable
            Double learningRate,

            @Option(
                    value = "Decay of weights; null for 0.01 with adamW, 0.0001 with sgd.",
                    defaultValue = "null",
                    allowed = "above 0")
            @Nullable
            Double weightDecay,

            @Option(value = "How the learning rate falls after warm-up.", defaultValue = "\"cosine\"")
            Schedule.Decay decay,

            @Option(
                    value = "Share of the run over which the learning rate rises.",
                    defaultValue = "0.05",
                    allowed = "0 ≤ warmUp < 1")
            double warmUp,

            @Option(
                    value = "Times that all data is seen; null for 10, or no limit where steps or minutes set one.",
                    defaultValue = "null",
                    allowed = "above 0")
            @Nullable
            Double epochs,

            @Option(value = "Updates at most.", defaultValue = "null", allowed = "above 0") @Nullable
            Long steps,

            @Option(
                    value = "Time at most; a run that it ends cannot be repeated to the byte.",
                    defaultValue = "null",
                    allowed = "above 0")
            @Nullable
            Double minutes,

            @Option(
                    value = "Rows of an update; a model of fixed batch size has its own.",
                    defaultValue = "64",
                    allowed = "above 0")
            int batchSize,

            @Option(
                    value = "Validations without a better one before training stops; 0 never stops early.",
                    defaultValue = "0",
                    allowed = "patience ≥ 0")
            int patience,

            @Option(
                    value = "Share of the training data that is held out where there is no validation data.",
                    defaultValue = "0.1",
                    allowed = "0 ≤ holdOut < 1, 0 keeps the last weights instead of the best")
            double holdOut,

            @Option(value = "Keep the statistics of BatchNormalization.", defaultValue = "false")
            boolean freezeBatchNorm,

            @Option(value = "Weights that are zero stay zero, as after pruning.", defaultValue = "true")
            boolean keepZeros,

            @Option(
                    value = "Layers to leave alone, by name, operator type or name of the weight, with * and ?.",
                    defaultValue = "[]",
                    allowed = "each must match something")
            List<String> frozen)
            implements Course {
        Options {
            Course.requireShare("labelSmoothing", labelSmoothing);
            Course.requirePositive("learningRate", learningRate);
            Course.requirePositive("weightDecay", weightDecay);
            Course.requireShare("warmUp", warmUp);
            Course.requirePositive("epochs", epochs);
            Course.requirePositive("steps", steps);
            Course.requirePositive("minutes", minutes);
            Course.requirePositive("batchSize", batchSize);
            Course.requirePositive("patience", patience + 1);
            Course.requireShare("holdOut", holdOut);
        }
    }

    private final Duration checkpointEvery;

    FineTune() {
        this(Duration.ofSeconds(30));
    }

    FineTune(Duration checkpointEvery) {
        this.checkpointEvery = checkpointEvery;
    }

    @Override
    public String name() {
        return "fine-tune";
    }

    @Override
    public String summary() {
        return "Trains the model by the labels of the data.";
    }

    @Override
    public String useWhen() {
        return "A pruned model should recover, or a model should learn from new data, and there are labels.";
    }

    @Override
    public List<String> data() {
        return List.of(Lesson.TRAINING);
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var student = Student.open(context.model());
        try (var lesson = new Lesson(student, options, batch -> batch, context, checkpointEvery)) {
            var labels = lesson.labels()
                    .orElseThrow(() -> new RefusedException(
                            "LABELS_MISSING",
                            "training data",
                            "rows without labels",
                            "a label for every row; technique distill needs none"));
            return lesson.teach(Objective.of(labels.loss(student.heads().get(0), options.labelSmoothing())), List.of());
        }
    }
}
