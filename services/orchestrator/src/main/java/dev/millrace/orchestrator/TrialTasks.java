package dev.millrace.orchestrator;

import com.fasterxml.jackson.databind.node.DoubleNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.JobChanged;
import dev.millrace.message.Json;
import dev.millrace.message.LineageStep;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.SearchProgress;
import dev.millrace.message.StageStep;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskSucceeded;
import dev.millrace.message.Trial;
import dev.millrace.search.Strategies;
import dev.millrace.search.SuccessiveHalving;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tasks that a trial is made of: one, or the steps of a recipe with an evaluation behind them. */
final class TrialTasks {
    private TrialTasks() {}

    /** The task that a trial waits for or needs next; empty when all of its parts are done. */
    static Optional<TaskIssued> next(JobChanged job, SearchProgress search, Trial trial) {
        var steps = steps(search.plan(), trial);
        int part = trial.lineage().size();
        return part == steps.size()
                ? Optional.empty()
                : Optional.of(Plan.task(
                        job, search.step(), id(job, search, trial), steps.get(part), input(job, search, trial)));
    }

    static String id(JobChanged job, SearchProgress search, Trial trial) {
        int part = trial.lineage().size();
        return job.jobId() + "/" + search.step() + "." + trial.number() + (part == 0 ? "" : "." + part);
    }

    /** The stages of a trial that is a recipe, without the evaluation. */
    static List<StageStep> recipe(SearchPlan plan, Trial trial) {
        return plan.choices().stream()
                .map(choice -> trial.values().get(choice.name()))
                .filter(value -> value != null && value.isObject())
                .map(value -> Json.read(value, StageStep.class))
                .toList();
    }

    private static List<StageStep> steps(SearchPlan plan, Trial trial) {
        var one = plan.trial();
        if (one == null) {
            var steps = new ArrayList<>(recipe(plan, trial));
            steps.add(Plan.COMPARE);
            return steps;
        }
        var options = new HashMap<>(one.options());
        options.put("values", Json.mapper().valueToTree(trial.values()));
        if (Strategies.of(plan) instanceof SuccessiveHalving halving) {
            options.put("budget", DoubleNode.valueOf(halving.budget(trial.rung())));
        }
        return List.of(new StageStep(one.stage(), one.technique(), options));
    }

    private static ArtifactReference input(JobChanged job, SearchProgress search, Trial trial) {
        if (trial.model() != null) {
            return trial.model();
        }
        return search.task() == null ? job.request().model() : search.task().model();
    }

    /** A step of lineage without its report: there are many trials, and a snapshot must fit into one Kafka record. */
    static LineageStep lineage(TaskIssued task, TaskSucceeded outcome, int part) {
        return Progress.step(task, outcome, part, Map.of());
    }
}
