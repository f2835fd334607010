package dev.millrace.gateway;

import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import dev.millrace.message.SearchProgress;
import dev.millrace.message.Trial;
import java.time.Instant;
import java.util.Map;
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
 * @param search how far the search is that the job is in, or was in last
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
        @Nullable Search search,
        Instant createdAt,
        Instant changedAt) {
    /**
     * A search in one line.
     *
     * @param trials that were chosen so far
     * @param most trials that there may be
     * @param out trials that are worked on
     * @param failed trials of which nothing came
     * @param front trials that no other is better than in everything
     * @param best figures of the first trial of the front; empty while there is none
     */
    public record Search(int trials, int most, int out, int failed, int front, Map<String, Double> best) {
        static Search of(SearchProgress search) {
            return new Search(
                    search.trials().size(),
                    search.plan().trials(),
                    count(search, Trial.State.OUT),
                    count(search, Trial.State.FAILED),
                    search.front().size(),
                    search.frontTrials().stream()
                            .findFirst()
                            .map(Trial::figures)
                            .orElse(Map.of()));
        }

        private static int count(SearchProgress search, Trial.State state) {
            return (int) search.trials().stream()
                    .filter(trial -> trial.state() == state)
                    .count();
        }
    }

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
                job.search() == null ? null : Search.of(job.search()),
                job.createdAt(),
                job.changedAt());
    }
}
