package dev.millrace.distillation;

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

/**
 * Trains a student to answer as its teachers do, on samples that {@link Inversion} makes from the first of them. Cost: for each
 * batch of samples as many steps as are asked for, each a forward and backward run of the teacher, once for all tasks with the
 * same teacher; then as {@link Distill}.
 */
final class DataFree implements Technique<DataFree.Options> {
    /** Share of the task that making the samples takes. */
    private static final double MAKING = 0.5;

    /** What to make, and how to learn from it. */
    record Options(
            @Option(value = "Samples to make.", defaultValue = "1024", allowed = "samples ≥ 2")
            int samples,

            @Option(value = "Steps by which each batch of samples is made.", defaultValue = "100", allowed = "above 0")
            int inversionSteps,

            @Option(
                    value = "Weight of samples being smooth, for pictures and signals.",
                    defaultValue = "0.1",
                    allowed = "smoothness ≥ 0")
            double smoothness,

            Roles roles,

            Imitation imitation,

            Course course) {
        Options {
            Course.requirePositive("samples", samples - 1);
            Course.requirePositive("inversionSteps", inversionSteps);
            if (!(smoothness >= 0)) {
                throw new IllegalArgumentException("smoothness=" + smoothness);
            }
        }
    }

    @Override
    public String name() {
        return "data-free";
    }

    @Override
    public String summary() {
        return "Trains the model to answer as the original, or another teacher, does, on samples made from that teacher.";
    }

    @Override
    public String useWhen() {
        return "A pruned or small model should learn from one with BatchNormalization, and there is no data at all.";
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
        var teachers = options.roles().teachers(context);
        var making = context.part(0, MAKING);
        var samples = new MadeSamples(teachers.get(0), options.inversionSteps(), options.smoothness(), making);
        var learning = context.part(MAKING, 1).with(Lesson.TRAINING, samples.make(options.samples()));
        var student = Student.open(options.roles().student(learning));
        var guidance = new Guidance.ByTeachers(teachers, options.imitation(), Hints.none());
        return Lesson.teach(student, options.course(), guidance, learning, Lesson.CHECKPOINT_EVERY);
    }
}
