package dev.millrace.distillation;

import dev.millrace.message.RefusedException;
import dev.millrace.stage.Option;
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
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Trains a student to answer as its teachers do: {@code (1 − hardLoss) · soft + hardLoss · labels + hintWeight · hints}.
 *
 * <p>The student is the model of the task, a file, or made from the teacher by {@link Derivation}. The soft loss is that of
 * {@link Imitation}. An output behind a Softmax or Sigmoid is compared before it. Several teachers count by the mean of what
 * they say; a model may be its own teacher. Where nobody says how much the labels count, the last fifth is trained by them
 * alone too, and data held out decides. Cost: each teacher runs over the data once, for all tasks with the same data; then
 * as fine-tuning, a fifth more with two endings.
 */
final class Distill implements Technique<Distill.Options> {
    /** Whom to learn from, and how. */
    record Options(
            @Option(
                    value = "Model to train instead of the one that the stage before made.",
                    defaultValue = "null",
                    allowed = "a file: or millrace: address")
            @Nullable
            String student,

            @Option(
                    value = "Models to learn from, the mean of their answers; none means the model of the request.",
                    defaultValue = "[]",
                    allowed = "file: or millrace: addresses")
            List<String> teacher,

            Derivation derivation,

            Imitation imitation,

            Hints hints,

            Course course) {
        Options {
            if (student != null && derivation.isAsked()) {
                throw new IllegalArgumentException("student beside width, depth or macs");
            }
        }
    }

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
    public StageResult run(Options options, StageContext context) throws IOException {
        var teachers = options.teacher().stream().map(Path::of).toList();
        if (options.derivation().isAsked()) {
            var models = teachers.isEmpty() ? List.of(context.baseline().orElse(context.model())) : teachers;
            return taught(options, options.derivation().student(models.get(0), context), models, context);
        }
        var file = options.student() == null ? context.model() : Path.of(options.student());
        return taught(options, file, teachers.isEmpty() ? original(file, context) : teachers, context);
    }

    private StageResult taught(Options options, Path student, List<Path> teachers, StageContext context)
            throws IOException {
        var guidance = new Guidance.ByTeachers(teachers, options.imitation(), options.hints());
        return Lesson.teach(Student.open(student), options.course(), guidance, context, checkpointEvery);
    }

    /** The model that the job started from, as teacher. */
    private static List<Path> original(Path student, StageContext context) {
        var baseline = context.baseline().orElse(context.model());
        if (baseline.equals(student)) {
            throw new RefusedException(
                    "TEACHER_MISSING",
                    "distillation:distill",
                    "the model of the request as student and as teacher",
                    "a stage before this one that changes it, or the option student, teacher, width, depth or macs");
        }
        return List.of(baseline);
    }
}
