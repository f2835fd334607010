package dev.millrace.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.message.AutoBudget;
import dev.millrace.message.Catalogue;
import dev.millrace.message.Choice;
import dev.millrace.message.CompressionCancelled;
import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.CompressionFailed;
import dev.millrace.message.CompressionRefused;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.Goal;
import dev.millrace.message.JobChanged;
import dev.millrace.message.Json;
import dev.millrace.message.Metrics;
import dev.millrace.message.Objective;
import dev.millrace.message.Problem;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.StageStep;
import dev.millrace.message.TaskCancelled;
import dev.millrace.message.TaskFailed;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskRefused;
import dev.millrace.message.TaskSucceeded;
import dev.millrace.message.Trial;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JobSearchTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Set<String> STAGES = Set.of("nas", "quantization", "factorization", "evaluation");

    private final JobMachine machine = new JobMachine(STAGES);
    private final List<TaskIssued> out = new ArrayList<>();
    private final List<Record> told = new ArrayList<>();
    private @Nullable JobChanged job;

    @Test
    void trialsAreTasksAndTheBestOneIsTheOutputOfTheStep() {
        request(Jobs.request(null, "nas:search"));
        send(opened(take(), plan(20, 3)));

        assertThat(out).extracting(TaskIssued::taskId).containsExactly("job-1/0.0", "job-1/0.1", "job-1/0.2");
        runAll(0);

        var completed = (CompressionCompleted) told.get(told.size() - 1);
        assertThat(completed.tried()).hasSize(20);
        assertThat(completed.front()).isNotEmpty().allMatch(trial -> trial.model() != null);
        assertThat(completed.lineage()).extracting(step -> step.technique()).containsExactly("search", "compare");
        assertThat(completed.artifact()).isEqualTo(completed.lineage().get(0).output());
        assertThat(told.stream().filter(CompressionCompleted.class::isInstance)).hasSize(1);
    }

    @Test
    void whatIsTriedDoesNotDependOnWhoAnswersFirstNorOnTheDeathOfTheCoordinator() {
        List<List<Trial>> fronts = IntStream.range(0, 6)
                .mapToObj(order -> {
                    var other = new JobSearchTest();
                    other.request(Jobs.request(null, "nas:search"));
                    other.send(opened(other.take(), plan(40, 4)));
                    other.runAll(order);
                    return Objects.requireNonNull(
                                    Objects.requireNonNull(other.job).search())
                            .trials()
                            .stream()
                            .map(trial -> new Trial(trial.number(), trial.values(), trial.rung()).done(trial.figures()))
                            .toList();
                })
                .toList();

        assertThat(fronts).allMatch(front -> front.equals(fronts.get(0)));
    }

    @Test
    void aRepeatedOutcomeChangesNothing() {
        request(Jobs.request(null, "nas:search"));
        send(opened(take(), plan(20, 2)));
        var answer = measured(take());

        assertThat(send(answer)).isTrue();
        assertThat(send(answer)).isFalse();
    }

    @Test
    void aFailedTrialCostsThatTrial() {
        request(Jobs.request(null, "nas:search"));
        send(opened(take(), plan(6, 1)));
        var task = take();
        send(new TaskFailed(
                task.jobId(), task.taskId(), 0, "nas", new Problem("DIVERGED", "loss", "NaN", ""), 3, List.of()));
        runAll(0);

        assertThat(((CompressionCompleted) told.get(told.size() - 1)).tried())
                .filteredOn(trial -> trial.state() == Trial.State.FAILED)
                .hasSize(1);
    }

    @Test
    void aSearchOfWhichNothingSucceedsFailsWithTheFirstReason() {
        request(Jobs.request(null, "nas:search"));
        send(opened(take(), plan(3, 1)));
        while (!out.isEmpty()) {
            var task = take();
            send(new TaskFailed(
                    task.jobId(), task.taskId(), 0, "nas", new Problem("DIVERGED", "loss", "NaN", ""), 3, List.of()));
        }
        assertThat(((CompressionFailed) told.get(told.size() - 1)).problem().message())
                .contains("3 trials", "NaN");
    }

    @Test
    void cancellingCancelsEveryTrialThatIsOut() {
        request(Jobs.request(null, "nas:search"));
        send(opened(take(), plan(20, 5)));

        send(new CompressionCancelled(Jobs.ID, "enough"));

        assertThat(told.stream().filter(TaskCancelled.class::isInstance)).hasSize(5);
    }

    @Test
    void anObjectiveThatNoTrialMeasuresIsRefused() {
        request(Jobs.request(null, "nas:search"));
        send(opened(take(), plan(20, 1)));
        var task = take();
        send(Jobs.succeeded(task, Jobs.PRUNED, null, Map.of()));

        assertThat(((CompressionRefused) told.get(told.size() - 1)).problem().code())
                .isEqualTo("NOT_MEASURED");
    }

    @Test
    void aMetricThatTheDataDoesNotAllowEndsTheSearchWithItsFirstTrial() {
        request(auto(new AutoBudget(6, null), 0.02));
        while (!out.isEmpty()) {
            var task = take();
            send(
                    task.stage().equals("evaluation")
                            ? new TaskRefused(
                                    task.jobId(),
                                    task.taskId(),
                                    task.step(),
                                    task.stage(),
                                    new Problem(Metrics.NOT_MEASURABLE, "metric", "top1, no labels", "cosine"))
                            : Jobs.made(task, Jobs.PRUNED));
        }

        assertThat(((CompressionRefused) told.get(told.size() - 1)).problem().code())
                .isEqualTo(Metrics.NOT_MEASURABLE);
    }

    @Test
    void aBudgetOfZeroIsRefused() {
        request(Jobs.request(null, "nas:search"));
        send(opened(take(), plan(0, 1)));
        assertThat(((CompressionRefused) told.get(told.size() - 1)).problem().code())
                .isEqualTo("BAD_BUDGET");
    }

    @Test
    void sixtyFourWorkersAreKeptBusy() {
        for (int workers : new int[] {1, 2, 8, 64}) {
            assertThat(new JobSearchTest().efficiency(workers))
                    .as("%d workers", workers)
                    .isGreaterThanOrEqualTo(0.95);
        }
    }

    @Test
    void autoTriesRecipesAndRunsTheBestAgain() {
        request(auto(new AutoBudget(6, null), 0.02));
        runAll(0);

        var completed = (CompressionCompleted) told.get(told.size() - 1);
        assertThat(completed.objectiveMet()).isTrue();
        assertThat(completed.tried())
                .isNotEmpty()
                .allMatch(trial -> trial.figures().containsKey("ratio"));
        assertThat(completed.lineage().get(0).stage()).isIn("quantization", "factorization");
    }

    @Test
    void autoUnderALimitThatCannotBeMetSaysSoAndGivesTheNearest() {
        request(auto(new AutoBudget(4, null), 0.0));
        runAll(0);

        var completed = (CompressionCompleted) told.get(told.size() - 1);
        assertThat(completed.objectiveMet()).isFalse();
        assertThat(completed.notes()).anyMatch(note -> note.contains("the result is the nearest"));
    }

    /** Share of the ideal: trials of one second each, at most as many at once as there are workers. */
    private double efficiency(int workers) {
        int trials = 6 * workers;
        request(Jobs.request(null, "nas:search"));
        send(opened(take(), plan(Math.min(500, trials), workers)));
        var running = new PriorityQueue<Map.Entry<Long, TaskIssued>>(Comparator.comparingLong(Map.Entry::getKey));
        long clock = 0;
        int done = 0;
        while (!out.isEmpty() || !running.isEmpty()) {
            while (!out.isEmpty() && running.size() < workers) {
                running.add(Map.entry(clock + 1000, take()));
            }
            var next = Objects.requireNonNull(running.poll());
            clock = next.getKey();
            if (next.getValue().stage().equals("evaluation")) {
                break;
            }
            done++;
            send(measured(next.getValue()));
        }
        return done * 1000.0 / workers / (clock - 1000);
    }

    private void request(CompressionRequested request) {
        send(request);
    }

    private boolean send(Record event) {
        var transition = machine.on(event, Jobs.ID, job, Catalogue.EMPTY, START);
        transition.ifPresent(t -> {
            // As from the store after a death: nothing but the snapshot is left.
            job = Json.read(Json.write(t.job()), JobChanged.class);
            t.events().forEach(told::add);
            t.events().stream()
                    .filter(TaskIssued.class::isInstance)
                    .map(TaskIssued.class::cast)
                    .forEach(out::add);
        });
        return transition.isPresent();
    }

    private TaskIssued take() {
        return out.remove(0);
    }

    /** Answers all tasks in an order of its own for each seed. */
    private void runAll(long seed) {
        var random = new Random(seed);
        while (!out.isEmpty()) {
            var task = out.remove(random.nextInt(out.size()));
            send(
                    switch (task.stage()) {
                        case "evaluation" -> Jobs.measured(task, 0.94, 1.0);
                        case "nas" -> measured(task);
                        default -> Jobs.made(task, task.stage().equals("factorization") ? Jobs.PRUNED : Jobs.QUANTIZED);
                    });
        }
    }

    private static TaskSucceeded opened(TaskIssued task, SearchPlan plan) {
        return new TaskSucceeded(
                task.jobId(),
                task.taskId(),
                0,
                "nas",
                null,
                null,
                Map.of(),
                Map.of(),
                1,
                false,
                1,
                "w",
                Map.of(),
                plan);
    }

    private static TaskSucceeded measured(TaskIssued task) {
        var values = Objects.requireNonNull(task.options().get("values"));
        double width = values.get("width").intValue();
        double depth = values.get("depth").intValue();
        return new TaskSucceeded(
                task.jobId(),
                task.taskId(),
                0,
                "nas",
                Jobs.artifact(Character.forDigit((int) (width + depth) % 10, 10), 100),
                null,
                Map.of(),
                Map.of(),
                1,
                false,
                1,
                "w",
                Map.of("top1", 1 - 1 / (1 + width * (1 + depth)), "macs", 1 + width * width * (1 + depth)),
                null);
    }

    private static SearchPlan plan(int trials, int parallel) {
        return new SearchPlan(
                new StageStep("nas", "trial", Map.of("epochs", IntNode.valueOf(2))),
                List.of(choice("width", 40), choice("depth", 40)),
                List.of(new Goal("top1", true, null), new Goal("macs", false, null)),
                "nsga2",
                trials,
                null,
                null,
                parallel,
                null);
    }

    private static Choice choice(String name, int count) {
        return new Choice(
                name,
                IntStream.range(0, count).<JsonNode>mapToObj(IntNode::valueOf).toList(),
                true,
                null);
    }

    private static CompressionRequested auto(AutoBudget budget, double maxDrop) {
        return new CompressionRequested(
                Jobs.ORIGINAL,
                Jobs.DATA,
                List.of(),
                budget,
                new Objective("top1", maxDrop, dev.millrace.message.Minimise.BYTES),
                7,
                null,
                "auto");
    }
}
