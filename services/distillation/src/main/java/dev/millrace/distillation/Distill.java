package dev.millrace.distillation;

import dev.millrace.engine.train.Loss;
import dev.millrace.engine.train.Objective;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
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
 * <p>The soft loss of classes is the divergence of probabilities softened by {@code temperature} (Hinton, Vinyals and Dean,
 * "Distilling the Knowledge in a Neural Network", 2015); of everything else the mean square of the difference, which also
 * suits logits whose classes are not known (Kim et al., "Comparing Kullback-Leibler Divergence and Mean Squared Error Loss in
 * Knowledge Distillation", 2021). An output behind a Softmax or Sigmoid is compared before it. Cost: each teacher runs over
 * the data once; then as fine-tuning.
 */
final class Distill implements Technique<Distill.Options> {
    private static final double DEFAULT_HARD_LOSS = 0.1;

    /** The loss between a student's and a teacher's output. */
    enum Soft {
        /** Soft targets for classes, mean square for the rest. */
        AUTO,
        SOFT_TARGETS,
        MEAN_SQUARE,
        COSINE
    }

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

            @Option(
                    value = "Loss between student and teacher; auto is softTargets for classes, else meanSquare.",
                    defaultValue = "\"auto\"")
            Soft softLoss,

            @Option(value = "Softens the probabilities of classes.", defaultValue = "4", allowed = "above 0")
            double temperature,

            @Option(
                    value = "Share of the loss that comes from labels; null for 0.1, or 0 where there are none.",
                    defaultValue = "null",
                    allowed = "0 ≤ hardLoss < 1")
            @Nullable
            Double hardLoss,

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
            Course.requirePositive("temperature", temperature);
            Course.requireShare("hardLoss", hardLoss == null ? 0 : hardLoss);
            Course.requirePositive("hintWeight", hintWeight);
        }
    }

    private final Duration checkpointEvery;

    Distill() {
        this(Duration.ofSeconds(30));
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
            return lesson.teach(objective(options, student, lesson.labels()), List.of());
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

    private static Objective objective(Options options, Student student, Optional<LabelKind> labels) {
        double hard = options.hardLoss() != null ? options.hardLoss() : labels.isPresent() ? DEFAULT_HARD_LOSS : 0;
        if (hard > 0 && labels.isEmpty()) {
            throw new RefusedException(
                    "LABELS_MISSING",
                    "training data",
                    "rows without labels and hardLoss=" + hard,
                    "a label for every row, or hardLoss=0");
        }
        var terms = new ArrayList<Objective.Term>();
        boolean classes = labels.filter(kind -> kind == LabelKind.CLASSES).isPresent();
        int heads = student.heads().size();
        for (int i = 0; i < heads; i++) {
            var head = student.heads().get(i);
            boolean scores = head.kind() == Head.Kind.SOFTMAX || (classes && i == 0);
            terms.add(new Objective.Term((1 - hard) / heads, soft(options, head, scores)));
        }
        // Labels without weight are there all the same: the best weights are those with most right answers.
        labels.ifPresent(kind ->
                terms.add(new Objective.Term(hard, kind.loss(student.heads().get(0), 0))));
        options.hints()
                .keySet()
                .forEach(value -> terms.add(new Objective.Term(
                        options.hintWeight(), new Loss.Hint(value, Teachers.target(value), options.hintLoss()))));
        return new Objective(terms);
    }

    private static Loss soft(Options options, Head head, boolean scores) {
        var target = Teachers.target(head.value());
        var soft = new Loss.SoftTargets(head.value(), target, options.temperature());
        var square = new Loss.Hint(head.value(), target, Loss.Measure.MEAN_SQUARE);
        return switch (options.softLoss()) {
            case AUTO -> scores ? soft : square;
            case SOFT_TARGETS -> soft;
            case MEAN_SQUARE -> square;
            case COSINE -> new Loss.Hint(head.value(), target, Loss.Measure.COSINE);
        };
    }
}
