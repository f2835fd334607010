package dev.millrace.gateway;

import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job in one line.
 *
 * @param name what people call it
 * @param stage of the task that is out
 * @param technique of the task that is out
 * @param stepsDone tasks that succeeded
 * @param objectiveMet absent until something was measured
 * @param problem code of what went wrong
 */
public record JobSummary(
        String jobId,
        @Nullable String name,
        JobState state,
        @Nullable String stage,
        @Nullable String technique,
        int stepsDone,
        @Nullable Boolean objectiveMet,
        @Nullable String problem,
        Instant createdAt,
        Instant changedAt) {
    static JobSummary of(JobChanged job) {
        var task = job.task();
        return new JobSummary(
                job.jobId(),
                job.request().name(),
                job.state(),
                task == null ? null : task.stage(),
                task == null ? null : task.technique(),
                job.lineage().size(),
                job.objectiveMet(),
                job.problem() == null ? null : job.problem().code(),
                job.createdAt(),
                job.changedAt());
    }
}
