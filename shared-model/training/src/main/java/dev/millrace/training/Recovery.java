package dev.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.train.Revisions;
import dev.millrace.message.Json;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The options of every technique that changes a model and mends it afterwards, and the mending. The model as it was before
 * the change is the teacher.
 */
public record Recovery(
        @Option(
                value =
                        "How accuracy is won back after the change; auto is distill where there is training data, else none.",
                defaultValue = "\"auto\"")
        Method recovery,

        Imitation imitation,
        Course course) {
    private static final double DEFAULT_EPOCHS = 2;

    private static final Plan UNREVISED = (student, lesson) -> Revisions.none();

    /** Ways to mend a model. */
    public enum Method {
        /** Distilled where there is training data; else left as it is. */
        AUTO("auto"),
        NONE("none"),
        /** Trained by the labels. */
        FINE_TUNE("fineTune"),
        /**
         * Trained to answer as the model before the change, and by the labels where there are some; their share decided by
         * trying, see {@link Imitation}.
         */
        DISTILL("distill");

        private final String word;

        Method(String word) {
            this.word = word;
        }
    }

    /**
     * A model after recovery.
     *
     * @param report how it was mended; scores on held-out data are its {@code before} and {@code after}
     * @param notes sentences for people
     */
    public record Mended(Path model, JsonNode report, List<String> notes) {}

    /** Whether the model of a task will be trained after the change. */
    public boolean trains(StageContext context) {
        return method(context) != Method.NONE;
    }

    /** What will be done for a task; never {@link Method#AUTO}. */
    private Method method(StageContext context) {
        if (recovery != Method.AUTO) {
            return recovery;
        }
        return context.data(Lesson.TRAINING).isPresent() ? Method.DISTILL : Method.NONE;
    }

    /**
     * Mends the model that a task changed. The same change and checkpoint give the same bytes.
     *
     * @param changed what the task made of its model
     * @param from fraction of the task at which this begins
     * @param checkpointEvery time between checkpoints
     * @throws dev.millrace.message.RefusedException {@code MISSING_DATA}, {@code LABELS_MISSING} if the method cannot do without
     */
    public Mended mend(Path changed, StageContext context, double from, Duration checkpointEvery) throws IOException {
        var method = method(context);
        if (method == Method.NONE) {
            return new Mended(changed, Json.mapper().valueToTree(Map.of("method", method.word)), List.of());
        }
        var directory = Files.createDirectory(context.workDirectory().resolve("recovery"));
        var part = context.part(from, 1).on(changed, directory);
        return mended(method, taught(method, Student.open(changed), part, checkpointEvery, UNREVISED));
    }

    private StageResult taught(Method method, Student student, StageContext part, Duration checkpointEvery, Plan plan)
            throws IOException {
        var guidance = method == Method.DISTILL
                ? Guidance.ByTeachers.of(part.baseline().orElseThrow(), imitation)
                : new Guidance.Labels(0);
        try (var lesson = new Lesson(student, limited(), guidance, part, checkpointEvery)) {
            return lesson.teach(plan.revisions(student, lesson));
        }
    }

    /** Makes the revisions of a student. */
    public interface Plan {
        Revisions revisions(Student student, Lesson lesson) throws IOException;
    }

    /**
     * Trains the model of a task while it is revised, the model as it came its teacher. The same plan and checkpoint give
     * the same bytes.
     *
     * @param checkpointEvery time between checkpoints
     * @throws dev.millrace.message.RefusedException {@code MISSING_DATA}, {@code LABELS_MISSING} if the method cannot do without
     */
    public Mended train(StageContext context, Duration checkpointEvery, Plan plan) throws IOException {
        var method = method(context);
        var directory = Files.createDirectory(context.workDirectory().resolve("recovery"));
        var part = context.on(context.model(), directory);
        return mended(method, taught(method, Student.open(context.model()), part, checkpointEvery, plan));
    }

    /** The data that training would see, for those who read it without training. */
    public Lesson lesson(StageContext context, Duration checkpointEvery) throws IOException {
        return new Lesson(Student.open(context.model()), limited(), new Guidance.Labels(0), context, checkpointEvery);
    }

    /** The course, with an end of its own where the options name none. */
    private Course limited() {
        return course.epochsOr(DEFAULT_EPOCHS);
    }

    private static Mended mended(Method method, StageResult result) {
        var report = Json.mapper().createObjectNode();
        report.put("method", method.word);
        result.report().forEach(report::set);
        var notes = new ArrayList<String>();
        report.remove("notes").forEach(note -> notes.add(note.textValue()));
        return new Mended(Objects.requireNonNull(result.model()), report, notes);
    }
}
