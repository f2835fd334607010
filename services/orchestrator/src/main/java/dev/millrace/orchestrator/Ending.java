package dev.millrace.orchestrator;

import dev.millrace.message.CompressionCancelled;
import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.CompressionFailed;
import dev.millrace.message.CompressionRefused;
import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import dev.millrace.message.Problem;
import dev.millrace.message.TaskCancelled;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a job ends: its last state, its one terminal event, and a word to the workers that are still at work on it. Pure. */
final class Ending {
    /** More would endanger the size of the snapshot. */
    private static final int MOST_LOG_LINES = 100;

    private static final int LONGEST_LOG_LINE = 500;

    private Ending() {}

    /** The end of a job whose steps are all behind it. */
    static Transition completed(JobChanged job, Instant now) {
        var best = job.best();
        var evaluation = job.evaluation();
        if (best == null || evaluation == null) {
            throw new IllegalStateException("job " + job.jobId() + " ends without a measured model");
        }
        var verdict = Verdict.of(job.request().objective(), evaluation);
        var completed = new CompressionCompleted(
                job.jobId(),
                job.request().name(),
                best,
                evaluation,
                job.lineage(),
                verdict.met(),
                Notes.of(job, best, verdict),
                Duration.between(job.createdAt(), now).toMillis(),
                job.search() == null ? List.of() : job.search().frontTrials(),
                job.search() == null ? List.of() : job.search().trials());
        var ended = ended(job, JobState.COMPLETED, null, completed.notes(), List.of(), now);
        return new Transition(ended, List.of(completed));
    }

    /** The end of a job by a fault; what it has made until then is told. */
    static Transition failed(JobChanged job, Problem problem, List<String> logTail, Instant now) {
        var tail = logTail.stream()
                .skip(Math.max(0, logTail.size() - MOST_LOG_LINES))
                .map(line -> line.substring(0, Math.min(line.length(), LONGEST_LOG_LINE)))
                .toList();
        var failed = new CompressionFailed(job.jobId(), job.request().name(), problem, job.best(), job.lineage(), tail);
        return new Transition(
                ended(job, JobState.FAILED, problem, List.of(), tail, now), and(JobSearch.cancellations(job), failed));
    }

    /** The end of a job that cannot be done as it was asked for. */
    static Transition refused(JobChanged job, Problem problem, Instant now) {
        var refused = new CompressionRefused(job.jobId(), job.request().name(), problem);
        return new Transition(ended(job, JobState.REFUSED, problem, now), and(JobSearch.cancellations(job), refused));
    }

    /** The end of a job by wish. */
    static Transition cancelled(JobChanged job, @Nullable String reason, Instant now) {
        var events = new ArrayList<Record>();
        if (job.task() != null) {
            events.add(new TaskCancelled(job.jobId(), job.task().taskId()));
        }
        events.addAll(JobSearch.cancellations(job));
        events.add(new CompressionCancelled(job.jobId(), reason));
        return new Transition(ended(job, JobState.CANCELLED, null, now), events);
    }

    private static List<Record> and(List<? extends Record> events, Record last) {
        var all = new ArrayList<Record>(events);
        all.add(last);
        return all;
    }

    private static JobChanged ended(JobChanged job, JobState state, @Nullable Problem problem, Instant now) {
        return ended(job, state, problem, List.of(), List.of(), now);
    }

    private static JobChanged ended(
            JobChanged job,
            JobState state,
            @Nullable Problem problem,
            List<String> notes,
            List<String> logTail,
            Instant now) {
        return new JobChanged(
                job.jobId(),
                state,
                job.request(),
                null,
                job.lineage(),
                job.best(),
                job.evaluation(),
                job.objectiveMet(),
                problem,
                job.createdAt(),
                now,
                notes,
                logTail,
                job.search());
    }
}
