package dev.millrace.training;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.train.TrainingData;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageContext;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The data of one training: prepared as the student reads it, with the teachers' answers, and some of it held out. */
final class Material implements Closeable {
    private static final String VALIDATION = "validation";

    /** Batches of texts that are told apart by length. */
    private static final int WINDOW = 50;

    /** Rows that a guidance sees before it says what training makes small. */
    private static final int SAMPLE = 512;

    private final Student student;
    private final Course course;
    private final StageContext context;
    private final List<TransferSet> sets = new ArrayList<>();
    private final TransferSet.Part training;
    private final TransferSet.Part heldOut;
    private final @Nullable LabelKind labels;

    /**
     * Prepares the data of a task.
     *
     * @param context whose progress is that of preparing alone
     * @throws RefusedException if the data does not fit the student
     */
    Material(Student student, Course course, Guidance guidance, StageContext context) throws IOException {
        this.student = student;
        this.course = course;
        this.context = context;
        try (var answers = guidance.answers(student, context)) {
            var all = prepare(Lesson.TRAINING, answers).all();
            if (context.data(VALIDATION).isPresent()) {
                training = all;
                heldOut = prepare(VALIDATION, answers).all();
            } else {
                var shuffled = all.shuffled(context.seed());
                int units = heldOut(shuffled.units());
                training = shuffled.sublist(units, shuffled.units());
                heldOut = shuffled.sublist(0, units);
            }
            labels = labelKind();
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private TransferSet prepare(String role, Guidance.Answers answers) throws IOException {
        LocalData data = context.data(role)
                .orElseThrow(
                        () -> new RefusedException("MISSING_DATA", "data", "no " + role + " data", Lesson.TRAINING));
        try (var source = Dataset.open(data.path(), data.format(), data.options(), student.inputs())) {
            long samples = Math.max(1, source.samples());
            long done = 0;
            try (var set = new TransferSet.Writer(context.workDirectory().resolve(role + ".rows"))) {
                int rows = student.rows(course.batchSize());
                for (var batch : source.batchesByLength(rows, WINDOW * rows)) {
                    context.progress(Math.min(1, (double) done / samples), "preparing " + role);
                    done += batch.rows();
                    set.add(answers.answered(batch));
                }
                sets.add(set.finished());
                return sets.get(sets.size() - 1);
            }
        }
    }

    /** Rows, or batches, to hold out: as asked for, but at least one stays on each side. */
    private int heldOut(int units) {
        int wanted = (int) Math.round(course.holdOut() * units);
        return course.holdOut() == 0 ? 0 : Math.min(Math.max(wanted, student.rows(1)), units - 1);
    }

    private @Nullable LabelKind labelKind() throws IOException {
        var summary = sets.get(0).labels();
        var head = student.heads().get(0);
        return summary.isEmpty() ? null : LabelKind.of(summary.get(), head, shape(head), course.ctcBlank());
    }

    /** What the labels are to the first head; empty where there are none. */
    Optional<LabelKind> labels() {
        return Optional.ofNullable(labels);
    }

    long trainingRows() {
        return training.rows();
    }

    long heldRows() {
        return heldOut.rows();
    }

    /** Some rows of what is trained on. */
    Batch sample() {
        return training.shuffled(context.seed()).batches(SAMPLE, true).next();
    }

    /** What is trained on, varied as the course wants it. */
    TrainingData training() {
        var rows = TransferSet.training(training, student.rows(course.batchSize()), context.seed());
        return course.variation().of(rows, context.seed());
    }

    /** What is held out, the same batches every time; absent where nothing is. */
    @Nullable
    TrainingData held() {
        return heldRows() == 0
                ? null
                : TransferSet.inOrder(heldOut, student.rows(course.batchSize()), !student.fixedRows());
    }

    /** A batch of one half of the training rows and one of the other in turn; a row stays in its half. */
    TrainingData turns() {
        int half = training.units() / 2;
        return new Turns(half(0, half), half(half, 2 * half));
    }

    private TrainingData half(int from, int to) {
        return TransferSet.training(training.sublist(from, to), student.rows(course.batchSize()), context.seed());
    }

    /** Dims of a head's value for the first batch. */
    private long[] shape(Head head) throws IOException {
        var settings = SessionSettings.threads(context.threads());
        var values = List.of(head.value());
        var first = sets.get(0).first();
        try (var session = OrtSession.observing(student.file(), values, context.workDirectory(), settings);
                var outputs = session.run(first.feed(), values)) {
            return outputs.get(head.value()).dims();
        }
    }

    /** How good a model is on what is held out; without figures where nothing is. */
    Score score(Path model) throws IOException {
        var held = held();
        return held == null ? new Score(Map.of()) : Score.of(model, student.heads(), held, labels, context);
    }

    /** How good the teachers are there; empty without labels. */
    Score scoreOfTeachers() {
        var held = held();
        return held == null ? new Score(Map.of()) : Score.ofTeacher(student.heads(), held, labels);
    }

    @Override
    public void close() throws IOException {
        for (var set : sets) {
            set.close();
        }
    }
}
