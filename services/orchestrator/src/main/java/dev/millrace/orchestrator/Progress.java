package dev.millrace.orchestrator;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.Evaluation;
import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import dev.millrace.message.Json;
import dev.millrace.message.LineageStep;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskSucceeded;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A job after a task of it succeeded: one more step of lineage, maybe a better model. */
record Progress(
        JobChanged job,
        List<LineageStep> lineage,
        @Nullable ArtifactReference best,
        @Nullable Evaluation evaluation) {
    /** Reports of all stages together; more would not fit into one Kafka record with the rest of the snapshot. */
    static final int MAX_REPORT_BYTES = 384 << 10;

    Progress(JobChanged job) {
        this(job, job.lineage(), job.best(), job.evaluation());
    }

    /** @param outcome of the task that is out */
    Progress with(TaskSucceeded outcome) {
        var task = job.task();
        if (task == null) {
            throw new IllegalStateException("job " + job.jobId() + " waits for no outcome");
        }
        return with(task, outcome);
    }

    /** @param task that the outcome answers */
    Progress with(TaskIssued task, TaskSucceeded outcome) {
        var grown = new ArrayList<>(lineage);
        grown.add(step(task, outcome, task.step(), fitting(outcome.report())));
        var measured = outcome.evaluation();
        if (measured != null && isBetter(measured)) {
            return new Progress(job, grown, task.model(), measured);
        }
        var unmeasured = evaluation == null && outcome.model() != null ? outcome.model() : best;
        return new Progress(job, grown, unmeasured, evaluation);
    }

    /** What a task did, as a step of lineage at this position and with this report. */
    static LineageStep step(TaskIssued task, TaskSucceeded outcome, int position, Map<String, JsonNode> report) {
        return new LineageStep(
                position,
                task.stage(),
                task.technique(),
                task.options(),
                task.model(),
                outcome.model(),
                task.seed(),
                outcome.versions(),
                outcome.durationMillis(),
                outcome.cached(),
                report);
    }

    /** The job with this progress and no task out. */
    JobChanged at(Instant now) {
        return new JobChanged(
                job.jobId(),
                JobState.RUNNING,
                job.request(),
                null,
                lineage,
                best,
                evaluation,
                evaluation == null
                        ? null
                        : Verdict.of(job.request().objective(), evaluation).met(),
                null,
                job.createdAt(),
                now,
                List.of(),
                List.of(),
                job.search());
    }

    private boolean isBetter(Evaluation measured) {
        return evaluation == null
                || Verdict.of(job.request().objective(), measured)
                        .betterThan(Verdict.of(job.request().objective(), evaluation));
    }

    private Map<String, JsonNode> fitting(Map<String, JsonNode> report) {
        int usedBytes = lineage.stream().mapToInt(step -> bytes(step.report())).sum();
        int reportBytes = bytes(report);
        return usedBytes + reportBytes <= MAX_REPORT_BYTES
                ? report
                : Map.of(
                        Notes.KEY,
                        Json.mapper()
                                .createArrayNode()
                                .add("The report of " + reportBytes + " bytes was too long to be kept."));
    }

    private static int bytes(Map<String, JsonNode> report) {
        return report.entrySet().stream()
                .mapToInt(entry ->
                        entry.getKey().length() + entry.getValue().toString().length())
                .sum();
    }
}
