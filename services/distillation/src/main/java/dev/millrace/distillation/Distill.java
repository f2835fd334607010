package dev.millrace.distillation;

import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Course;
import dev.millrace.training.Guidance;
import dev.millrace.training.Hints;
import dev.millrace.training.Imitation;
import dev.millrace.training.Lesson;
import dev.millrace.training.Student;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Trains a student to answer as its teachers do: {@code (1 − hardLoss) · soft + hardLoss · labels + hintWeight · hints}.
 *
 * <p>The student is the model of the task, a file, or made from the teacher by {@link Derivation}. The soft loss is that of
 * {@link Imitation}. An output behind a Softmax or Sigmoid is compared before it. Several teachers count by the mean of what
 * they say; a model may be its own teacher. Where nobody says how much the labels count, the last fifth is trained by them
 * alone too, and all of it where 2,000 rows are held out; data held out decides, and the report has both scores. Cost: each
 * teacher runs over the data once, for all tasks with the same data; then as fine-tuning, with labels a fifth more or twice.
 */
final class Distill implements Technique<Distill.Options> {
    /** Who learns from whom, and how. */
    record Options(Roles roles, Imitation imitation, Hints hints, Course course) {}

    private final Duration checkpointEvery;

    Distill() {
        this(Lesson.CHECKPOINT_EVERY);
    }

    Distill(Duration checkpointEvery) {
        this.checkpointEvery = checkpointEvery;
    }

    @Override
    public String name() {
        return "distill";
    }

    @Override
    public String summary() {
        return "Trains the model to answer as the original, or another teacher, does.";
    }

    @Override
    public String useWhen() {
        return "A pruned model should recover, or a small one learn from a large one, with few labels or none.";
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
        var guidance = new Guidance.ByTeachers(options.roles().teachers(context), options.imitation(), options.hints());
        var student = Student.open(options.roles().student(context));
        return Lesson.teach(student, options.course(), guidance, context, checkpointEvery);
    }
}
