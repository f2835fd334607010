package dev.millrace.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.Evaluation;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskSucceeded;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A result without the job that asked for it. */
record ResultManifest(
        @Nullable ArtifactReference model,
        @Nullable Evaluation evaluation,
        Map<String, JsonNode> report,
        Map<String, String> versions,
        long durationMillis,
        Map<String, Double> figures,
        @Nullable SearchPlan search) {

    TaskSucceeded answer(TaskIssued task, boolean cached, int attempt, String worker) {
        return new TaskSucceeded(
                task.jobId(),
                task.taskId(),
                task.step(),
                task.stage(),
                model,
                evaluation,
                report,
                versions,
                durationMillis,
                cached,
                attempt,
                worker,
                figures,
                search);
    }
}
