package dev.millrace.orchestrator;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.Catalogue;
import dev.millrace.message.CompressionCancelled;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import dev.millrace.message.Json;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.message.RequestRules;
import dev.millrace.message.TaskFailed;
import dev.millrace.message.TaskRefused;
import dev.millrace.message.TaskSucceeded;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The life of a job as a function: state and event in, state and events out. Pure and thread-safe.
 *
 * <p>An empty answer means that the event changes nothing: it is a repetition, it is late, or it belongs to another task.
 * Terminal states never change, so each job tells exactly one terminal event.
 */
final class JobMachine {
    private final Set<String> expectedStages;

    /** @param expectedStages stages that the installation has, whether or not their workers have been up yet */
    JobMachine(Set<String> expectedStages) {
        this.expectedStages = Set.copyOf(expectedStages);
    }

    /**
     * The effect of one event.
     *
     * @param job the job as it stands; null before the request
     * @param now time of the change
     * @throws RefusedException if the event cannot belong to this job; it is left alone
     */
    Optional<Transition> on(Record event, String jobId, @Nullable JobChanged job, Catalogue catalogue, Instant now) {
        if (event instanceof CompressionRequested request) {
            return requested(request, jobId, job, catalogue, now);
        }
        if (event instanceof CompressionCancelled cancelled) {
            return cancelled(known(cancelled.jobId(), jobId, job), cancelled, now);
        }
        if (event instanceof TaskSucceeded succeeded) {
            var running = known(succeeded.jobId(), jobId, job);
            return JobSearch.waiting(running, succeeded.taskId())
                    .map(trial -> searched(running, () -> JobSearch.of(running).succeeded(trial, succeeded, now), now))
                    .or(() -> current(running, succeeded.taskId()).map(j -> succeeded(j, succeeded, now)));
        }
        if (event instanceof TaskFailed failed) {
            var running = known(failed.jobId(), jobId, job);
            return JobSearch.waiting(running, failed.taskId())
                    .map(trial ->
                            searched(running, () -> JobSearch.of(running).failed(trial, failed.problem(), now), now))
                    .or(() -> current(running, failed.taskId())
                            .map(j -> Ending.failed(j, failed.problem(), failed.logTail(), now)));
        }
        if (event instanceof TaskRefused refused) {
            var running = known(refused.jobId(), jobId, job);
            return JobSearch.waiting(running, refused.taskId())
                    .map(trial ->
                            searched(running, () -> JobSearch.of(running).failed(trial, refused.problem(), now), now))
                    .or(() -> current(running, refused.taskId()).map(j -> Ending.refused(j, refused.problem(), now)));
        }
        throw new RefusedException(
                "UNEXPECTED_EVENT", "ce_type", event.getClass().getSimpleName(), "requests and outcomes");
    }

    private Optional<Transition> requested(
            CompressionRequested request, String jobId, @Nullable JobChanged job, Catalogue catalogue, Instant now) {
        if (job != null) {
            if (job.request().equals(request)) {
                return Optional.empty();
            }
            throw new RefusedException(
                    "JOB_ID_TAKEN", "job id", "'" + jobId + "' belongs to another request", "an id that is new");
        }
        int sizeBytes = Json.write(request).length;
        if (sizeBytes > RequestRules.MAX_REQUEST_BYTES) {
            var problem = new Problem(
                    "REQUEST_TOO_LARGE",
                    "request",
                    sizeBytes + " bytes of JSON",
                    "at most " + RequestRules.MAX_REQUEST_BYTES + " bytes");
            return Optional.of(Ending.refused(created(jobId, withoutContent(request), now), problem, now));
        }
        var created = created(jobId, request, now);
        try {
            new RequestRules(catalogue, expectedStages).check(request);
        } catch (RefusedException e) {
            return Optional.of(Ending.refused(created, e.problem(), now));
        }
        var auto = request.auto();
        return Optional.of(
                auto == null
                        ? next(created, now)
                        : searched(
                                created,
                                () -> JobSearch.begin(
                                        created, RecipeSpace.plan(request, auto, catalogue, expectedStages), null, now),
                                now));
    }

    /** A search goes on, or it has ended and the job goes on with its result. */
    private static Transition searched(JobChanged job, Supplier<JobSearch.Step> decision, Instant now) {
        JobSearch.Step step;
        try {
            step = decision.get();
        } catch (RefusedException e) {
            return Ending.refused(job, e.problem(), now);
        }
        var searching = job.waitingFor(null, now).searching(step.search());
        if (!step.ended()) {
            return new Transition(searching, step.tasks());
        }
        return JobSearch.of(searching)
                .problem()
                .map(problem -> Ending.failed(searching, problem, List.of(), now))
                .orElseGet(() -> next(JobSearch.of(searching).result(now), now));
    }

    private static JobChanged created(String jobId, CompressionRequested request, Instant now) {
        return new JobChanged(jobId, JobState.RUNNING, request, null, List.of(), null, null, null, null, now, now);
    }

    /** A request that is too large to keep. */
    private static CompressionRequested withoutContent(CompressionRequested request) {
        return new CompressionRequested(
                ArtifactReference.of("file:"), Map.of(), List.of(), null, null, request.seed(), null, null);
    }

    private static Optional<Transition> cancelled(JobChanged job, CompressionCancelled request, Instant now) {
        if (job.state().terminal()) {
            return Optional.empty();
        }
        return Optional.of(Ending.cancelled(job, request.reason(), now));
    }

    private static Transition succeeded(JobChanged job, TaskSucceeded outcome, Instant now) {
        var task = job.task();
        var plan = outcome.search();
        if (plan != null) {
            return searched(job, () -> JobSearch.begin(job, plan, task, now), now);
        }
        var progress = new Progress(job).with(outcome);
        var evaluation = outcome.evaluation();
        if (evaluation == null && Plan.EVALUATION.equals(outcome.stage())) {
            var problem = new Problem(
                    "NOTHING_MEASURED", outcome.taskId(), "an evaluation without measurements", "baseline and result");
            return Ending.failed(progress.at(now), problem, List.of(), now);
        }
        return next(progress.at(now), now);
    }

    /** Issues the next task, or completes the job when there is none. */
    private static Transition next(JobChanged job, Instant now) {
        var task = Plan.next(job);
        if (task.isPresent()) {
            var running = job.waitingFor(task.get(), now);
            return new Transition(running, List.of(task.get()));
        }
        return Ending.completed(job, now);
    }

    private static JobChanged known(String named, String key, @Nullable JobChanged job) {
        if (!named.equals(key)) {
            throw new RefusedException(
                    "KEY_MISMATCH", "Kafka key", "'" + key + "'", "the event's job id '" + named + "'");
        }
        if (job == null) {
            throw new RefusedException("UNKNOWN_JOB", "job id", "'" + key + "'", "a job that was requested");
        }
        return job;
    }

    /** The job, if the outcome is the one that it waits for. */
    private static Optional<JobChanged> current(JobChanged job, String taskId) {
        return Optional.of(job)
                .filter(j -> j.task() != null && j.task().taskId().equals(taskId));
    }
}
