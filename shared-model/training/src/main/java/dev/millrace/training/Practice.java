package dev.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.train.Objective;
import dev.millrace.engine.train.Revisions;
import dev.millrace.engine.train.TrainingData;
import dev.millrace.engine.train.TrainingLoop;
import dev.millrace.engine.train.TrainingResult;
import dev.millrace.engine.train.TrainingSettings;
import dev.millrace.message.Json;
import dev.millrace.stage.StageContext;
import dev.millrace.training.Bookmark.Ending;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The training itself, once through or with an alternative. */
final class Practice {
    private static final String ENDINGS = "endings";
    private static final String BY_TEACHER = "byTeacher";
    private static final String BY_LABELS = "byLabels";

    private final Student student;
    private final TrainingSettings settings;
    private final TrainingData data;
    private final @Nullable TrainingData held;
    private final StageContext context;
    private final Bookmark bookmark;

    /** @param context whose progress is that of training alone */
    Practice(
            Student student,
            TrainingSettings settings,
            TrainingData data,
            @Nullable TrainingData held,
            StageContext context)
            throws IOException {
        this.student = student;
        this.settings = settings;
        this.data = data;
        this.held = held;
        this.context = context;
        this.bookmark = Bookmark.open(context.checkpoints(), context.workDirectory());
    }

    Ending once(Objective objective, Revisions revisions) throws IOException {
        return run(settings, objective, revisions, new Watch(0, 1));
    }

    /**
     * Trains, goes through the last part or all of it a second time by the alternative, and keeps what has the better score on
     * the data held out; the first if both are equal.
     *
     * @return the report's {@code endings} are both scores
     */
    Ending better(Objective objective, Guidance.Alternative alternative) throws IOException {
        double from = alternative.from();
        double length = 2 - from; // in trainings
        if (bookmark.first().isEmpty()) {
            var ending = run(settings.branchAt(from), objective, Revisions.none(), new Watch(0, 1 / length));
            if (!bookmark.hasBranch()) {
                return ending; // patience ended it before
            }
            bookmark.finishFirst(ending);
        }
        var first = bookmark.first().orElseThrow();
        var watch = new Watch((1 - from) / length, 1 / length);
        var second = run(settings, alternative.objective(), Revisions.none(), watch);
        var better = second.score() > first.score() ? second : first;
        var scores = Map.of(BY_TEACHER, first.score(), BY_LABELS, second.score(), "labelsFrom", from);
        ((ObjectNode) better.report()).set(ENDINGS, Json.mapper().valueToTree(scores));
        return better;
    }

    /** What people should know of a run, by its report. */
    static List<String> notes(JsonNode report) {
        var scores = report.path(ENDINGS);
        double byTeacher = scores.path(BY_TEACHER).asDouble();
        double byLabels = scores.path(BY_LABELS).asDouble();
        return byLabels > byTeacher
                ? List.of(
                        "It learned more by the labels without its teacher, %s of the data held out right instead of %s."
                                .formatted(byLabels, byTeacher))
                : List.of();
    }

    private Ending run(TrainingSettings settings, Objective objective, Revisions revisions, Watch watch)
            throws IOException {
        var directory = context.workDirectory();
        var result = new TrainingLoop(settings, data, held, watch, Clock.systemUTC(), directory)
                .run(student.model(), objective, revisions);
        var file = directory.resolve("model.onnx");
        student.write(file);
        return new Ending(file, report(result));
    }

    private static ObjectNode report(TrainingResult result) {
        var report = Json.mapper().createObjectNode();
        report.put("trainingLoss", result.trainingLoss());
        report.put("score", result.best());
        report.put("learningRate", result.learningRate());
        report.put("steps", result.steps());
        report.put("epochs", result.epochs());
        report.put("ending", result.ending().name().toLowerCase(Locale.ROOT));
        report.put("precision", result.bfloat16() ? "bfloat16" : "float32");
        report.put("seconds", Math.max(1e-3, result.elapsed().toMillis() / 1e3));
        return report;
    }

    /** The task's progress and checkpoints, for a run that is a part of it: progress is {@code from + length · done}. */
    private final class Watch implements TrainingLoop.Observer {
        private final double from;
        private final double length;

        Watch(double from, double length) {
            this.from = from;
            this.length = length;
        }

        @Override
        public void progressed(double done, Map<String, Double> metrics) {
            context.progress(from + length * done, "training", metrics);
        }

        @Override
        public Optional<Path> latest() {
            return bookmark.training();
        }

        @Override
        public void save(Path checkpoint) throws IOException {
            bookmark.save(checkpoint);
        }

        @Override
        public void branched(Path checkpoint) throws IOException {
            bookmark.branch(checkpoint);
        }
    }
}
