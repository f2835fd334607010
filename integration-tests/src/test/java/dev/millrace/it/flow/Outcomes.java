package dev.millrace.it.flow;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.Evaluation;
import dev.millrace.message.Measurements;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskSucceeded;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers to tasks that nobody worked on. */
public final class Outcomes {
    private static final long MADE_BYTES = 300;

    private Outcomes() {}

    /** A model was made, of no content. */
    public static TaskSucceeded made(TaskIssued task, String worker, Map<String, Double> figures) {
        String digest = "2".repeat(64);
        var model = new ArtifactReference("millrace:sha256/" + digest, digest, MADE_BYTES, List.of());
        return succeeded(task, worker, model, null, figures, null);
    }

    /** As good as the original, and smaller. */
    public static TaskSucceeded evaluated(TaskIssued task, String worker) {
        var evaluation = new Evaluation("top1", measured(1000), measured(MADE_BYTES), Map.of(), 10);
        return succeeded(task, worker, null, evaluation, Map.of(), null);
    }

    /** A search is to come. */
    public static TaskSucceeded planned(TaskIssued task, String worker, SearchPlan search) {
        return succeeded(task, worker, null, null, Map.of(), search);
    }

    private static Measurements measured(long sizeBytes) {
        return new Measurements(Map.of("top1", 0.9), sizeBytes, sizeBytes, 10, 10, null, null, null, null, null);
    }

    private static TaskSucceeded succeeded(
            TaskIssued task,
            String worker,
            @Nullable ArtifactReference model,
            @Nullable Evaluation evaluation,
            Map<String, Double> figures,
            @Nullable SearchPlan search) {
        return new TaskSucceeded(
                task.jobId(),
                task.taskId(),
                task.step(),
                task.stage(),
                model,
                evaluation,
                Map.of(),
                Map.of(),
                1,
                false,
                1,
                worker,
                figures,
                search);
    }
}
