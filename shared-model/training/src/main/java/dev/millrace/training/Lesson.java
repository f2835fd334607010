package dev.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.Objective;
import dev.millrace.engine.train.Revisions;
import dev.millrace.engine.train.TrainingData;
import dev.millrace.engine.train.TrainingSettings;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.onnx.script.ScriptCompiler;
import dev.millrace.onnx.script.ScriptOptions;
import dev.millrace.onnx.script.Slot;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** One training of one student: its data, prepared and held out, then the loop, the scores and the report. */
public final class Lesson implements Closeable {
    /** The role of data that is trained on. */
    public static final String TRAINING = "training";

    /** Time between checkpoints. */
    public static final Duration CHECKPOINT_EVERY = Duration.ofSeconds(30);

    /** Share of the progress that preparing the data gets. */
    private static final double PREPARING = 0.15;

    private final Student student;
    private final Course course;
    private final Guidance guidance;
    private final StageContext context;
    private final Duration checkpointEvery;
    private final Material material;

    /**
     * Prepares the data.
     *
     * @throws RefusedException if the data does not fit the student
     */
    public Lesson(Student student, Course course, Guidance guidance, StageContext context, Duration checkpointEvery)
            throws IOException {
        this.student = student;
        this.course = course;
        this.guidance = guidance;
        this.context = context;
        this.checkpointEvery = checkpointEvery;
        material = new Material(student, course, guidance, context.part(0, PREPARING));
    }

    /**
     * Prepares the data, trains and tells.
     *
     * @throws RefusedException if data, student and guidance do not fit each other
     */
    public static StageResult teach(
            Student student, Course course, Guidance guidance, StageContext context, Duration checkpointEvery)
            throws IOException {
        try (var lesson = new Lesson(student, course, guidance, context, checkpointEvery)) {
            return lesson.teach(Revisions.none());
        }
    }

    /** What the labels are to the first head; empty where there are none. */
    public Optional<LabelKind> labels() {
        return material.labels();
    }

    /**
     * What the labels are to the first head.
     *
     * @throws RefusedException {@code LABELS_MISSING} if a row has none
     */
    public LabelKind requiredLabels() {
        return LabelKind.required(labels());
    }

    /** Who is taught. */
    public Student student() {
        return student;
    }

    /** The batches of an epoch of training; the same on every call. */
    public Iterator<Batch> trainingBatches() {
        return material.training().epoch(0).iterator();
    }

    /** A batch of one half of the training rows and one of the other in turn; a row stays in its half. */
    public TrainingData turns() {
        return material.turns();
    }

    /**
     * Trains a student that is revised meanwhile, and tells. What is zero behind a revision stays zero; the result of a
     * revised student stands even if the student as it came was better.
     */
    public StageResult teach(Revisions revisions) throws IOException {
        boolean revised = !revisions.at().isEmpty();
        var settings = revised
                ? settings()
                        .keepZeros(true)
                        .movement(revisions.addsUpMovement())
                        .rates(List.of())
                : settings();
        var objective = guidance.objective(student, labels(), material.sample());
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("losses", objective.terms().stream().map(Lesson::described).toList());
        report.putAll(weights(objective, settings));
        var untrained = context.workDirectory().resolve("untrained.onnx");
        student.write(untrained);
        var before = material.score(untrained);
        var part = context.part(PREPARING, 1);
        var practice = new Practice(student, settings, material.training(), material.held(), part);
        var alternative = revised || course.minutes() != null
                ? Optional.<Guidance.Alternative>empty()
                : guidance.alternative(objective, material.heldRows());
        var trained = alternative.isPresent()
                ? practice.better(objective, alternative.get())
                : practice.once(objective, revisions);
        var after = material.score(trained.model());
        var notes = new ArrayList<>(Practice.notes(trained.report()));
        if (!revised && after.isWorseThan(before)) {
            notes.add("Training made the model worse on held-out data, %s from %s to %s: it stays as it was."
                    .formatted(
                            after.metric(),
                            before.figures().get(after.metric()),
                            after.figures().get(after.metric())));
            Files.delete(trained.model());
            Model.read(untrained).write(trained.model());
        }
        report.put("before", before.figures());
        report.put("after", after.figures());
        if (material.heldRows() > 0) {
            report.put("teacher", material.scoreOfTeachers().figures());
        }
        trained.report().properties().forEach(field -> report.put(field.getKey(), field.getValue()));
        report.put("trainingRows", material.trainingRows());
        report.put("notes", notes);
        return new StageResult(trained.model(), null, json(report));
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
        material.close();
    }
}
