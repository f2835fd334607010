package dev.millrace.distillation;

import dev.millrace.engine.train.Loss;
import dev.millrace.engine.train.Objective;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Course;
import dev.millrace.training.Imitation;
import dev.millrace.training.LabelKind;
import dev.millrace.training.Lesson;
import dev.millrace.training.Student;
import dev.millrace.training.Teachers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Trains a student to answer as its teachers do: {@code (1 − hardLoss) · soft + hardLoss · labels + hintWeight · hints}.
 *
 * <p>The soft loss is that of {@link Imitation}. An output behind a Softmax or Sigmoid is compared before it. Cost: each
 * teacher runs over the data once; then as fine-tuning.
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

            Imitation imitation,

            @Option(
                    value = "Values inside the student to values inside every teacher that they should be like.",
                    defaultValue = "{}",
                    allowed = "names of values")
            Map<String, String> hints,

            @Option(
                    value = "How hints are compared; attention and relational allow other numbers of channels.",
                    defaultValue = "\"meanSquare\"")
            Loss.Measure hintLoss,

            @Option(value = "Weight of each hint.", defaultValue = "1", allowed = "above 0")
            double hintWeight,

            Course course) {
        Options {
            Course.requirePositive("hintWeight", hintWeight);
        }

        Objective objective(Student student, Optional<LabelKind> labels) {
            var terms = new ArrayList<>(imitation.terms(student.heads(), labels));
            hints.keySet()
                    .forEach(value -> terms.add(
                            new Objective.Term(hintWeight, new Loss.Hint(value, Teachers.target(value), hintLoss))));
            return new Objective(terms);
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
        var file = options.student() == null ? context.model() : Path.of(options.student());
        var models = teachers(options, file, context);
        var student = Student.open(file);
        try (var teachers = Teachers.open(models, student.heads(), options.hints(), context);
                var lesson = new Lesson(student, options.course(), teachers::answered, context, checkpointEvery)) {
            return lesson.teach(options.objective(student, lesson.labels()), List.of());
        }
    }

    /** The teachers given, else the model that the job started from. */
    private static List<Path> teachers(Options options, Path student, StageContext context) {
        if (!options.teacher().isEmpty()) {
            return options.teacher().stream().map(Path::of).toList();
        }
        var baseline = context.baseline().orElse(context.model());
        if (baseline.equals(student)) {
            throw new RefusedException(
                    "TEACHER_MISSING",
                    "distillation:distill",
                    "the model of the request as student and as teacher",
                    "a stage before this one that changes it, or the option student or teacher");
        }
        return List.of(baseline);
    }
}
