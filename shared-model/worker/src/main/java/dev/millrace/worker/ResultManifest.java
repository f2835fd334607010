package dev.millrace.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CacheLookup;
import dev.millrace.message.Evaluation;
import dev.millrace.message.Json;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskSucceeded;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A result without the job that asked for it.
 *
 * @param key what it depends on, part by part
 */
record ResultManifest(
        Map<String, JsonNode> key,
        @Nullable ArtifactReference model,
        @Nullable Evaluation evaluation,
        Map<String, JsonNode> report,
        Map<String, String> versions,
        long durationMillis,
        Map<String, Double> figures,
        @Nullable SearchPlan search) {
    ResultManifest {
        key = key == null ? Map.of() : Map.copyOf(key);
    }

    /** @param lookup whether it was there, and why not */
    TaskSucceeded answer(TaskIssued task, CacheLookup lookup, int attempt, String worker) {
        var whole = new HashMap<>(report);
        whole.put(CacheLookup.REPORT, Json.mapper().valueToTree(lookup));
        return new TaskSucceeded(
                task.jobId(),
                task.taskId(),
                task.step(),
                task.stage(),
                model,
                evaluation,
                whole,
                versions,
                durationMillis,
                lookup.hit(),
                attempt,
                worker,
                figures,
                search);
    }
}
