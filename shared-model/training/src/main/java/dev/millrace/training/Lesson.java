package dev.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.train.Objective;
import dev.millrace.engine.train.Revisions;
import dev.millrace.engine.train.TrainingData;
import dev.millrace.engine.train.TrainingLoop;
import dev.millrace.engine.train.TrainingSettings;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.onnx.script.ScriptCompiler;
import dev.millrace.onnx.script.ScriptOptions;
import dev.millrace.onnx.script.Slot;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** One training of one student: its data, prepared and held out, then the loop, the scores and the report. */
public final class Lesson implements Closeable {
    /** The role of data that is trained on. */
    public static final String TRAINING = "training";

    /** Time between checkpoints. */
    public static final Duration CHECKPOINT_EVERY = Duration.ofSeconds(30);

    private static final String VALIDATION = "validation";

    /** Share of the progress that preparing the data gets. */
    private static final double PREPARING = 0.15;

    private final Student student;
    private final Course course;
    private final StageContext context;
    private final Duration checkpointEvery;
    private final List<TransferSet> sets = new ArrayList<>();
    private final TransferSet.Part training;
    private final @Nullable TrainingData held;
    private final @Nullable LabelKind labels;

    /**
     * Prepares the data.
     *
     * @param answered adds targets to a batch
     * @throws RefusedException if the data does not fit the student
     */
    public Lesson(
            Student student,
            Course course,
            UnaryOperator<Batch> answered,
            StageContext context,
            Duration checkpointEvery)
            throws IOException {
        this.student = student;
        this.course = course;
        this.context = context;
        this.checkpointEvery = checkpointEvery;
        try {
            var all = prepare(TRAINING, answered).all();
            if (context.data(VALIDATION).isPresent()) {
                training = all;
                held = held(prepare(VALIDATION, answered).all());
            } else {
                var shuffled = all.shuffled(context.seed());
                int heldOut = heldOut(shuffled.units());
                training = shuffled.sublist(heldOut, shuffled.units());
                held = heldOut == 0 ? null : held(shuffled.sublist(0, heldOut));
            }
            labels = labelKind();
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private TransferSet prepare(String role, UnaryOperator<Batch> answered) throws IOException {
        LocalData data = context.data(role)
                .orElseThrow(() -> new RefusedException("MISSING_DATA", "data", "no " + role + " data", TRAINING));
        try (var source = Dataset.open(data.path(), data.format(), data.options(), student.inputs())) {
            long samples = Math.max(1, source.samples());
            var done = new long[1];
            Iterable<Batch> batches = source.batches(student.rows(course.batchSize()));
            Iterable<Batch> prepared = () -> StreamSupport.stream(batches.spliterator(), false)
                    .map(batch -> {
                        context.progress(PREPARING * Math.min(1, (double) done[0] / samples), "preparing " + role);
                        done[0] += batch.rows();
                        return answered.apply(batch);
                    })
                    .iterator();
            var set = TransferSet.write(prepared, context.workDirectory().resolve(role + ".rows"));
            sets.add(set);
            return set;
        }
    }

    /** Rows, or batches, to hold out: as asked for, but at least one stays on each side. */
    private int heldOut(int units) {
        int wanted = (int) Math.round(course.holdOut() * units);
        return course.holdOut() == 0 ? 0 : Math.min(Math.max(wanted, student.rows(1)), units - 1);
    }

    private TrainingData held(TransferSet.Part part) {
        return TransferSet.inOrder(part, student.rows(course.batchSize()), !student.fixedRows());
    }

    private @Nullable LabelKind labelKind() throws IOException {
        var summary = sets.get(0).labels();
        var head = student.heads().get(0);
        return summary.isEmpty() ? null : LabelKind.of(summary.get(), head, shape(head));
    }

    /** What the labels are to the first head; empty where there are none. */
    public Optional<LabelKind> labels() {
        return Optional.ofNullable(labels);
    }

    /**
     * What the labels are to the first head.
     *
     * @throws RefusedException {@code LABELS_MISSING} if a row has none
     */
    public LabelKind requiredLabels() {
        return labels().orElseThrow(() -> new RefusedException(
                "LABELS_MISSING", "training data", "rows without labels", "a label for every row; distill needs none"));
    }

    /** Who is taught. */
    public Student student() {
        return student;
    }

    /** The batches of an epoch of training; the same on every call. */
    public Iterator<Batch> trainingBatches() {
        return data().epoch(0).iterator();
    }

    private TrainingData data() {
        var rows = TransferSet.training(training, student.rows(course.batchSize()), context.seed());
        return course.variation().of(rows, context.seed());
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

    /**
     * Trains and tells.
     *
     * @param notes sentences for the report
     */
    public StageResult teach(Objective objective, List<String> notes) throws IOException {
        return teach(objective, Revisions.none(), notes);
    }

    /**
     * Trains a student that is revised meanwhile, and tells. What is zero behind a revision stays zero; the result stands
     * even if the student as it came was better.
     *
     * @param notes sentences for the report
     */
    public StageResult teach(Objective objective, Revisions revisions, List<String> notes) throws IOException {
        boolean revised = !revisions.at().isEmpty();
        var settings = revised ? settings().keepZeros(true).movement(revisions.addsUpMovement()) : settings();
        var told = new ArrayList<>(notes);
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("losses", objective.terms().stream().map(Lesson::described).toList());
        report.putAll(weights(objective, settings));
        var untrained = context.workDirectory().resolve("untrained.onnx");
        student.write(untrained);
        var before = score(untrained);
        var result = new TrainingLoop(settings, data(), held, new Watch(), Clock.systemUTC(), context.workDirectory())
                .run(student.model(), objective, revisions);
        var file = context.workDirectory().resolve("model.onnx");
        student.write(file);
        var after = score(file);
        if (!revised && after.isWorseThan(before)) {
            told.add("Training made the model worse on held-out data, %s from %s to %s: it stays as it was."
                    .formatted(
                            after.metric(),
                            before.figures().get(after.metric()),
                            after.figures().get(after.metric())));
            Files.delete(file);
            Model.read(untrained).write(file);
        }
        double seconds = Math.max(1e-3, result.elapsed().toMillis() / 1e3);
        report.put("before", before.figures());
        report.put("after", after.figures());
        if (held != null) {
            report.put("teacher", Score.ofTeacher(student.heads(), held).figures());
        }
        report.put("trainingLoss", result.trainingLoss());
        report.put("steps", result.steps());
        report.put("epochs", result.epochs());
        report.put("ending", result.ending().name().toLowerCase(Locale.ROOT));
        report.put("precision", result.bfloat16() ? "bfloat16" : "float32");
        report.put("trainingRows", training.rows());
        report.put("seconds", seconds);
        report.put("notes", told);
        return new StageResult(file, null, json(report));
    }

    private Score score(Path model) throws IOException {
        var leading = labels == LabelKind.NUMBERS ? "mse" : null;
        return held == null ? new Score(Map.of()) : Score.of(model, student.heads(), held, leading, context);
    }

    private TrainingSettings settings() {
        var frozen = NodeGlobs.of("frozen", course.frozen(), student.model());
        var names = student.model()
                .nodes()
                .filter(frozen::contains)
                .flatMap(node -> node.inputs().stream())
                .collect(Collectors.toSet());
        return course.settings()
                .trainable(name -> !names.contains(name))
                .seed(context.seed())
                .threads(context.threads())
                .checkpointEvery(checkpointEvery);
    }

    /** How many numbers are trained, and the names of the tensors that could be and are not. */
    private Map<String, Object> weights(Objective objective, TrainingSettings settings) {
        var options = ScriptOptions.training().outputs(objective.values());
        var all = ScriptCompiler.compile(student.model(), options).weights();
        var trained = all.stream()
                .filter(slot -> settings.trainable().test(slot.tensor().name()))
                .toList();
        return Map.of(
                "trainedWeights",
                trained.stream().mapToLong(slot -> slot.tensor().elements()).sum(),
                "frozen",
                all.stream()
                        .filter(slot -> !trained.contains(slot))
                        .map(Slot::tensor)
                        .map(tensor -> tensor.name())
                        .toList());
    }

    private static String described(Objective.Term term) {
        return term.weight() + " · " + term.loss();
    }

    private static Map<String, JsonNode> json(Map<String, Object> report) {
        var json = new LinkedHashMap<String, JsonNode>();
        report.forEach((name, value) -> json.put(name, Json.mapper().valueToTree(value)));
        return json;
    }

    @Override
    public void close() throws IOException {
        for (var set : sets) {
            set.close();
        }
    }

    /** The task's progress and checkpoints. */
    private final class Watch implements TrainingLoop.Observer {
        @Override
        public void progressed(double done, Map<String, Double> metrics) {
            context.progress(PREPARING + (1 - PREPARING) * done, "training", metrics);
        }

        @Override
        public Optional<Path> latest() throws IOException {
            return context.checkpoints().latest();
        }

        @Override
        public void save(Path checkpoint) throws IOException {
            context.checkpoints().save(checkpoint);
        }
    }
}
