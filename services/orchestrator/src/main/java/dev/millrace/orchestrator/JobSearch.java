package dev.millrace.orchestrator;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.message.JobChanged;
import dev.millrace.message.Metrics;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.SearchProgress;
import dev.millrace.message.TaskCancelled;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskSucceeded;
import dev.millrace.message.Trial;
import dev.millrace.search.Front;
import dev.millrace.search.Goals;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A search in the middle of a job: state and outcome in, state and tasks out; {@link NextTrials} chooses. Pure. */
record JobSearch(JobChanged job, SearchProgress search) {
    /** The search that the job is in, or was in. */
    static JobSearch of(JobChanged job) {
        return new JobSearch(job, Objects.requireNonNull(job.search()));
    }

    /** The trial that waits for the task of this id, if the job is in a search. */
    static Optional<Trial> waiting(JobChanged job, String taskId) {
        return job.state().terminal() || job.search() == null
                ? Optional.empty()
                : of(job).outTrials()
                        .filter(trial -> of(job).id(trial).equals(taskId))
                        .findFirst();
    }

    /** What must be told to workers when the job ends now. */
    static List<TaskCancelled> cancellations(JobChanged job) {
        return job.search() == null
                ? List.of()
                : of(job).outTrials()
                        .map(trial -> new TaskCancelled(job.jobId(), of(job).id(trial)))
                        .toList();
    }

    /**
     * Chooses the first trials.
     *
     * @param task that asked for the search; null for a search over recipes
     * @throws RefusedException if the plan cannot be searched
     */
    static Step begin(JobChanged job, SearchPlan plan, @Nullable TaskIssued task, Instant now) {
        SearchRules.check(plan);
        var search = new SearchProgress(plan, task, job.lineage().size(), now, List.of(), List.of(), null, null);
        return new JobSearch(job, search).advanced(now);
    }

    /** What follows: the search as it stands then, and the tasks that go out. */
    record Step(SearchProgress search, List<TaskIssued> tasks) {
        boolean ended() {
            return search.ended() != null;
        }
    }

    /** Issues what is chosen next, or ends the search when there is nothing to choose and nothing out. */
    private Step advanced(Instant now) {
        var choice = new NextTrials(search, job.request().seed()).choose(now);
        var tasks = choice.added().stream()
                .map(trial -> TrialTasks.next(job, search, trial).orElseThrow())
                .toList();
        var grown = with(choice.all(), search.front());
        return new Step(choice.ended().map(grown::over).orElse(grown).search(), tasks);
    }

    private Stream<Trial> outTrials() {
        return search.trials().stream().filter(trial -> trial.state() == Trial.State.OUT);
    }

    private String id(Trial trial) {
        return TrialTasks.id(job, search, trial);
    }

    /** Why the job cannot go on with what an ended search has found. */
    Optional<Problem> problem() {
        if (search.chosen() == null) {
            var first = search.trials().stream()
                    .map(Trial::problem)
                    .flatMap(Stream::ofNullable)
                    .findFirst();
            return Optional.of(new Problem(
                    "NO_TRIAL_SUCCEEDED",
                    first.map(Problem::where).orElse("search"),
                    search.trials().size() + " trials failed, the first by "
                            + first.map(Problem::message).orElse("nothing that was told"),
                    "one that succeeds"));
        }
        boolean needsModel = search.plan().trial() != null;
        return needsModel && search.trials().get(search.chosen()).model() == null
                ? Optional.of(new Problem("NO_MODEL", "trial " + search.chosen(), "figures without a model", "a model"))
                : Optional.empty();
    }

    /** The job with the search as one step behind it; a search over recipes leaves the steps to be run. */
    JobChanged result(Instant now) {
        var task = search.task();
        if (task == null) {
            return job;
        }
        var chosen = search.trials().get(Objects.requireNonNull(search.chosen()));
        var outcome = new TaskSucceeded(
                job.jobId(),
                task.taskId(),
                task.step(),
                task.stage(),
                chosen.model(),
                null,
                Map.of("trial", IntNode.valueOf(chosen.number())),
                Map.of(),
                Duration.between(search.startedAt(), now).toMillis(),
                false,
                1,
                "orchestrator",
                chosen.figures(),
                null);
        return new Progress(job).with(task, outcome).at(now);
    }

    /**
     * The next part of a trial, or what the search makes of its figures.
     *
     * @throws RefusedException {@code NOT_MEASURED} if the trial is done and lacks the figure of a goal: all others would too
     */
    Step succeeded(Trial trial, TaskSucceeded outcome, Instant now) {
        var task = TrialTasks.next(job, search, trial).orElseThrow();
        var lineage = new ArrayList<>(trial.lineage());
        lineage.add(TrialTasks.lineage(task, outcome, lineage.size()));
        var grown = new Trial(
                trial.number(),
                trial.values(),
                trial.rung(),
                Trial.State.OUT,
                trial.figures(),
                lineage,
                outcome.model() != null ? outcome.model() : trial.model(),
                null);
        var next = TrialTasks.next(job, search, grown);
        if (next.isPresent()) {
            return new Step(with(grown).search(), List.of(next.get()));
        }
        var figures = new HashMap<>(outcome.figures());
        if (outcome.evaluation() != null) {
            figures.putAll(TrialFigures.of(job.request().objective(), outcome.evaluation()));
        }
        var done = grown.done(figures);
        goals().missing(done).ifPresent(figure -> {
            throw new RefusedException(
                    "NOT_MEASURED",
                    "goal",
                    "'" + figure + "'",
                    "what trials measure: " + String.join(", ", figures.keySet()));
        });
        return with(done).judged().advanced(now);
    }

    /**
     * A failure costs the trial and nothing else.
     *
     * @throws RefusedException if it is that the metric cannot be measured on this data: all other trials would fail by it too
     */
    Step failed(Trial trial, Problem problem, Instant now) {
        if (problem.code().equals(Metrics.NOT_MEASURABLE)) {
            throw new RefusedException(problem);
        }
        return with(trial.failed(problem)).judged().advanced(now);
    }

    private Goals goals() {
        return new Goals(search.plan().goals());
    }

    /** With a trial in its place; what is on the front is for {@link #judged} to say. */
    private JobSearch with(Trial changed) {
        var trials = new ArrayList<>(search.trials());
        trials.set(changed.number(), changed);
        return with(trials, search.front());
    }

    private JobSearch with(List<Trial> trials, List<Integer> front) {
        return new JobSearch(job, search.tried(trials, front));
    }

    /** With the front as it is now, and without the models and lineage of trials that can no longer be chosen. */
    private JobSearch judged() {
        var front = Front.of(goals(), search.trials()).trials().stream()
                .map(Trial::number)
                .toList();
        var kept = new HashSet<>(front);
        Front.nearest(goals(), search.trials()).ifPresent(trial -> kept.add(trial.number()));
        var trials = search.trials().stream()
                .map(trial -> trial.state() != Trial.State.DONE || kept.contains(trial.number())
                        ? trial
                        : new Trial(trial.number(), trial.values(), trial.rung()).done(trial.figures()))
                .toList();
        return with(trials, front);
    }

    private JobSearch over(String reason) {
        var best = Stream.of(Front.of(goals(), search.trials()).best(), Front.nearest(goals(), search.trials()))
                .flatMap(Optional::stream)
                .findFirst()
                .map(Trial::number)
                .orElse(null);
        return new JobSearch(job, search.over(best, reason));
    }
}
