package dev.millrace.distillation;

import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Course;
import dev.millrace.training.Guidance;
import dev.millrace.training.Lesson;
import dev.millrace.training.Student;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Trains the model by labels: cross-entropy for classes, binary cross-entropy for yes or no behind a Sigmoid, mean square
 * for numbers, CTC for sequences of classes. Cost: a forward and a backward pass for every row and epoch.
 */
final class FineTune implements Technique<FineTune.Options> {
    /** How to train. */
    record Options(
            @Option(value = "Share of a class label that is spread over all classes.", defaultValue = "0")
            double labelSmoothing,

            Course course) {
        Options {
            Course.requireShare("labelSmoothing", labelSmoothing);
        }
    }

    private final Duration checkpointEvery;

    FineTune() {
        this(Lesson.CHECKPOINT_EVERY);
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
    public boolean belongsToMachine(Options options) {
        return options.course().isTimed();
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var guidance = new Guidance.Labels(options.labelSmoothing());
        return Lesson.teach(Student.open(context.model()), options.course(), guidance, context, checkpointEvery);
    }
}
