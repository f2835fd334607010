package dev.millrace.orchestrator;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.JobChanged;
import dev.millrace.message.LineageStep;
import dev.millrace.message.StageStep;
import dev.millrace.message.TaskIssued;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What is left to do: the recipe in order, then an evaluation of the last model, then, while the objective is not met,
 * evaluations of the earlier models, latest first.
 */
final class Plan {
    static final String EVALUATION = "evaluation";

    /** Stages that see the model of the request beside the one they work on: what they compare with, or learn from. */
    private static final Set<String> COMPARING = Set.of(EVALUATION, "distillation");

    static final StageStep COMPARE = new StageStep(EVALUATION, "compare", Map.of());

    private Plan() {}

    /** The next task; empty when the job is done. */
    static Optional<TaskIssued> next(JobChanged job) {
        int step = job.lineage().size();
        var recipe = recipe(job);
        if (step < recipe.size()) {
            return Optional.of(task(job, recipe.get(step), latestModel(job)));
        }
        return nextToEvaluate(job).map(model -> task(job, evaluation(job.request()), model));
    }

    /** The stages of the job: those of the request, or those that the search over recipes has chosen. */
    static List<StageStep> recipe(JobChanged job) {
        var search = job.search();
        return search != null && search.plan().trial() == null && search.chosen() != null
                ? TrialTasks.recipe(search.plan(), search.trials().get(search.chosen()))
                : job.request().recipe();
    }

    /** The model that the next stage of the recipe works on. */
    static ArtifactReference latestModel(JobChanged job) {
        return models(job).findFirst().orElse(job.request().model());
    }

    /** Models that the stages made, latest first. */
    static Stream<ArtifactReference> models(JobChanged job) {
        var lineage = job.lineage();
        return IntStream.range(0, lineage.size())
                .mapToObj(i -> lineage.get(lineage.size() - 1 - i))
                .map(LineageStep::output)
                .flatMap(Stream::ofNullable);
    }

    /** Whether two references are to the same bytes, external data included. */
    static boolean same(ArtifactReference one, ArtifactReference other) {
        boolean sameContent = one.sha256() != null
                && one.sha256().equals(other.sha256())
                && one.external().equals(other.external());
        return sameContent || one.uri().equals(other.uri());
    }

    private static Optional<ArtifactReference> nextToEvaluate(JobChanged job) {
        var latest = latestModel(job);
        if (!evaluated(job, latest)) {
            return Optional.of(latest);
        }
        if (Boolean.TRUE.equals(job.objectiveMet())) {
            return Optional.empty();
        }
        return models(job)
                .filter(model -> !same(model, job.request().model()))
                .filter(model -> !evaluated(job, model))
                .findFirst();
    }

    private static boolean evaluated(JobChanged job, ArtifactReference model) {
        return job.lineage().stream().anyMatch(step -> step.stage().equals(EVALUATION) && same(step.input(), model));
    }

    /** How models of this job are measured: as the recipe says, where it says so. */
    private static StageStep evaluation(CompressionRequested request) {
        List<StageStep> evaluations = request.recipe().stream()
                .filter(s -> s.stage().equals(EVALUATION))
                .toList();
        return evaluations.isEmpty() ? COMPARE : evaluations.get(evaluations.size() - 1);
    }

    private static TaskIssued task(JobChanged job, StageStep todo, ArtifactReference model) {
        int step = job.lineage().size();
        return task(job, step, job.jobId() + "/" + step, todo, model);
    }

    /** A task of this job. */
    static TaskIssued task(JobChanged job, int step, String taskId, StageStep todo, ArtifactReference model) {
        var request = job.request();
        return new TaskIssued(
                job.jobId(),
                taskId,
                step,
                todo.stage(),
                todo.technique(),
                todo.options(),
                model,
                COMPARING.contains(todo.stage()) ? request.model() : null,
                request.data(),
                request.objective(),
                request.seed(),
                request.target());
    }
}
