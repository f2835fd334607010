package dev.millrace.orchestrator;

import static dev.millrace.orchestrator.Jobs.CATALOGUE;
import static dev.millrace.orchestrator.Jobs.ID;
import static dev.millrace.orchestrator.Jobs.ORIGINAL;
import static dev.millrace.orchestrator.Jobs.PRUNED;
import static dev.millrace.orchestrator.Jobs.QUANTIZED;
import static dev.millrace.orchestrator.Jobs.STAGES;
import static dev.millrace.orchestrator.Jobs.made;
import static dev.millrace.orchestrator.Jobs.measured;
import static dev.millrace.orchestrator.Jobs.request;
import static dev.millrace.orchestrator.Jobs.smallerWithin;
import static dev.millrace.orchestrator.Jobs.succeeded;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.AutoBudget;
import dev.millrace.message.Catalogue;
import dev.millrace.message.CompressionCancelled;
import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.CompressionFailed;
import dev.millrace.message.CompressionRefused;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import dev.millrace.message.Json;
import dev.millrace.message.LineageStep;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.message.StageStep;
import dev.millrace.message.TaskCancelled;
import dev.millrace.message.TaskFailed;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskProgressed;
import dev.millrace.message.TaskRefused;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JobMachineTest {
    private static final Instant START = Instant.parse("2026-11-25T00:00:00Z");
    private static final Problem FULL = new Problem("STORAGE_FULL", "artifact store", "no room", "free space");

    private final JobMachine machine = new JobMachine(STAGES);
    private final List<Record> events = new ArrayList<>();
    private @Nullable JobChanged job;
    private Instant now = START;

    @Test
    void issuesTheFirstTaskOfAGoodRequest() {
        send(request(smallerWithin(0.1), "pruning:magnitude"));

        assertThat(job().state()).isEqualTo(JobState.RUNNING);
        assertThat(task())
                .isEqualTo(new TaskIssued(
                        ID,
                        "job-1/0",
                        0,
                        "pruning",
                        "magnitude",
                        Map.of(),
                        ORIGINAL,
                        null,
                        Jobs.DATA,
                        smallerWithin(0.1),
                        7,
                        null));
        assertThat(events).containsExactly(task());
    }

    @Test
    void walksTheRecipeThenComparesThenCompletes() {
        send(request(null, "pruning:magnitude", "quantization:dynamic"));
        send(made(task(), PRUNED));
        assertThat(task().taskId()).isEqualTo("job-1/1");
        assertThat(task().model()).isEqualTo(PRUNED);
        send(made(task(), QUANTIZED));
        assertThat(task().stage() + ":" + task().technique()).isEqualTo("evaluation:compare");
        assertThat(task().model()).isEqualTo(QUANTIZED);
        assertThat(task().baseline()).isEqualTo(ORIGINAL);
        send(measured(task(), 0.94, 1.0));

        var completed = terminal(CompressionCompleted.class);
        assertThat(completed.artifact()).isEqualTo(QUANTIZED);
        assertThat(completed.objectiveMet()).isTrue();
        assertThat(completed.notes()).isEmpty();
        assertThat(completed.durationMillis()).isEqualTo(3000);
        assertThat(completed.name()).isEqualTo("digits");
        assertThat(completed.lineage())
                .extracting(LineageStep::stage)
                .containsExactly("pruning", "quantization", "evaluation");
        assertThat(completed.lineage()).extracting(LineageStep::input).containsExactly(ORIGINAL, PRUNED, QUANTIZED);
        assertThat(job().state()).isEqualTo(JobState.COMPLETED);
        assertThat(job().task()).isNull();
    }

    @Test
    void doesNotCompareTwiceWhenTheRecipeEndsWithAnEvaluation() {
        send(request(null, "quantization:dynamic", "evaluation:compare"));
        send(made(task(), QUANTIZED));
        assertThat(task().baseline()).isEqualTo(ORIGINAL);
        send(measured(task(), 0.94, 1.0));
        assertThat(terminal(CompressionCompleted.class).lineage()).hasSize(2);
    }

    @Test
    void evaluatesTheOriginalWhenTheRecipeOnlyMeasures() {
        send(request(null, "evaluation:compare"));
        assertThat(task().model()).isEqualTo(ORIGINAL);
        send(measured(task(), 0.95, 2.0));
        assertThat(terminal(CompressionCompleted.class).lineage()).hasSize(1);
    }

    @Test
    void goesOnWithTheSameModelAfterAnEvaluationInTheMiddle() {
        send(request(null, "pruning:magnitude", "evaluation:compare", "quantization:dynamic"));
        send(made(task(), PRUNED));
        send(measured(task(), 0.95, 1.5));
        assertThat(job().best()).isEqualTo(PRUNED);
        assertThat(task().model()).isEqualTo(PRUNED);
        send(made(task(), QUANTIZED));
        send(measured(task(), 0.90, 1.0));
        assertThat(terminal(CompressionCompleted.class).artifact()).isEqualTo(QUANTIZED);
    }

    @Test
    void passesOnWhatStagesHaveToSay() {
        send(request(null, "quantization:dynamic"));
        send(made(task(), Jobs.artifact('9', 1200), "2 layers stay in float"));
        send(measured(task(), 0.95, 3.123456));
        var completed = terminal(CompressionCompleted.class);
        assertThat(completed.objectiveMet()).as("no objective was asked for").isTrue();
        assertThat(completed.notes()).containsExactly("quantization: 2 layers stay in float");
    }

    @Test
    void evaluatesEarlierModelsLatestFirstUntilOneMeetsTheObjective() {
        var half = Jobs.artifact('5', 500);
        send(request(smallerWithin(0.01), "pruning:magnitude", "pruning:magnitude", "quantization:dynamic"));
        send(made(task(), PRUNED));
        send(made(task(), half));
        send(made(task(), QUANTIZED));
        send(measured(task(), 0.50, 1.0));
        assertThat(job().objectiveMet()).isFalse();
        assertThat(job().best()).isEqualTo(QUANTIZED);
        assertThat(task().model()).isEqualTo(half);
        assertThat(task().taskId()).isEqualTo("job-1/4");
        send(measured(task(), 0.945, 1.5));

        var completed = terminal(CompressionCompleted.class);
        assertThat(completed.artifact()).isEqualTo(half);
        assertThat(completed.objectiveMet()).isTrue();
        assertThat(completed.notes())
                .containsExactly(
                        "The result is the output of pruning:magnitude; what the later stages made is worse by the objective.");
    }

    @Test
    void reportsTheBestSoFarWhenNothingMeetsTheObjective() {
        send(request(smallerWithin(0.01), "pruning:magnitude", "quantization:dynamic"));
        send(made(task(), PRUNED));
        send(made(task(), QUANTIZED));
        send(measured(task(), 0.50, 1.0));
        send(measured(task(), 0.80, 1.5));

        var completed = terminal(CompressionCompleted.class);
        assertThat(completed.objectiveMet()).isFalse();
        assertThat(completed.artifact()).isEqualTo(PRUNED);
        assertThat(completed.evaluation().result().metrics()).containsEntry("top1", 0.80);
        assertThat(completed.notes().get(0)).isEqualTo("Objective not met: top1 fell by 0.15, allowed is 0.01.");
    }

    @Test
    void keepsTheLastModelWhenAnEarlierOneIsWorse() {
        send(request(smallerWithin(0.01), "pruning:magnitude", "quantization:dynamic"));
        send(made(task(), PRUNED));
        send(made(task(), QUANTIZED));
        send(measured(task(), 0.80, 1.0));
        send(measured(task(), 0.50, 1.5));
        assertThat(terminal(CompressionCompleted.class).artifact()).isEqualTo(QUANTIZED);
    }

    @Test
    void doesNotEvaluateAStageThatChangedNothing() {
        send(request(smallerWithin(0), "pruning:magnitude", "quantization:dynamic"));
        send(made(task(), ORIGINAL));
        send(made(task(), QUANTIZED));
        send(measured(task(), 0.50, 1.0));
        assertThat(terminal(CompressionCompleted.class).objectiveMet()).isFalse();
    }

    @Test
    void evaluatesEarlierModelsTheWayTheRecipeEvaluates() {
        var evaluation = new StageStep("evaluation", "compare", Map.of("runs", TextNode.valueOf("5")));
        var base = request(smallerWithin(0.01), "pruning:magnitude", "quantization:dynamic");
        var recipe = new ArrayList<>(base.recipe());
        recipe.add(evaluation);
        send(withRecipe(base, recipe), Catalogue.EMPTY);
        send(made(task(), PRUNED));
        send(made(task(), QUANTIZED));
        send(measured(task(), 0.50, 1.0));
        assertThat(task().model()).isEqualTo(PRUNED);
        assertThat(task().options()).isEqualTo(evaluation.options());
    }

    @Test
    void failsWithTheBestModelSoFarAndTheLog() {
        send(request(null, "pruning:magnitude", "quantization:dynamic"));
        send(made(task(), PRUNED));
        send(new TaskFailed(ID, "job-1/1", 1, "quantization", FULL, 3, List.of("no room")));
        assertThat(terminal(CompressionFailed.class))
                .isEqualTo(new CompressionFailed(ID, "digits", FULL, PRUNED, job().lineage(), List.of("no room")));
        assertThat(job().problem()).isEqualTo(FULL);
    }

    @Test
    void failsWhenAnEvaluationMeasuredNothing() {
        send(request(null, "quantization:dynamic"));
        send(made(task(), QUANTIZED));
        send(succeeded(task(), null, null, Map.of()));
        assertThat(terminal(CompressionFailed.class).problem().code()).isEqualTo("NOTHING_MEASURED");
    }

    @Test
    void refusesTheJobWhenAStageRefuses() {
        send(request(null, "pruning:magnitude"));
        var problem = new Problem("BAD_OPTION", "sparsity", "1.5", "0 ≤ sparsity < 1");
        send(new TaskRefused(ID, "job-1/0", 0, "pruning", problem));
        assertThat(terminal(CompressionRefused.class)).isEqualTo(new CompressionRefused(ID, "digits", problem));
        assertThat(job().state()).isEqualTo(JobState.REFUSED);
    }

    @Test
    void refusesUnknownNamesBeforeAnyWorkStarts() {
        send(request(null, "pruning:magnitude", "quantization:dynamik"));
        var problem = terminal(CompressionRefused.class).problem();
        assertThat(problem)
                .isEqualTo(new Problem(
                        "UNKNOWN_TECHNIQUE",
                        "recipe[1].technique",
                        "'dynamik'",
                        "did you mean 'dynamic'? known: dynamic"));
        assertThat(events).noneMatch(TaskIssued.class::isInstance);
    }

    @Test
    void refusesASearchForWhichNoTechniqueIsThere() {
        var base = request(null);
        send(new CompressionRequested(
                base.model(), Jobs.DATA, List.of(), new AutoBudget(3, null), null, 0, null, null));
        assertThat(terminal(CompressionRefused.class).problem().code()).isEqualTo("NOTHING_TO_SEARCH");
    }

    @Test
    void waitsForAnExpectedStageThatHasNeverBeenUp() {
        send(request(null, "pruning:anything"), Catalogue.EMPTY);
        assertThat(task().technique()).isEqualTo("anything");
    }

    @Test
    void refusesARequestThatIsTooLargeWithoutKeepingIt() {
        var base = request(null, "pruning:magnitude");
        var step = new StageStep("pruning", "magnitude", Map.of("x", TextNode.valueOf("y".repeat(200_000))));
        send(withRecipe(base, List.of(step)));
        assertThat(terminal(CompressionRefused.class).problem().code()).isEqualTo("REQUEST_TOO_LARGE");
        assertThat(Json.write(job()).length).isLessThan(2000);
    }

    @Test
    void ignoresARepeatedRequest() {
        send(request(null, "pruning:magnitude"));
        sendIgnored(request(null, "pruning:magnitude"));
        send(made(task(), PRUNED));
        send(measured(task(), 0.95, 1.0));
        sendIgnored(request(null, "pruning:magnitude"));
    }

    @Test
    void rejectsAnotherRequestUnderTheSameId() {
        send(request(null, "pruning:magnitude"));
        assertThat(rejection(request(null, "quantization:dynamic"))).isEqualTo("JOB_ID_TAKEN");
    }

    @Test
    void ignoresOutcomesThatAreRepeatedLateOrOfAnotherTask() {
        send(request(null, "pruning:magnitude", "quantization:dynamic"));
        var first = task();
        send(made(first, PRUNED));
        sendIgnored(made(first, PRUNED));
        sendIgnored(new TaskFailed(ID, "job-1/0", 0, "pruning", FULL, 3, List.of()));
        sendIgnored(new TaskRefused(ID, "job-1/7", 7, "pruning", FULL));
        send(new CompressionCancelled(ID, null));
        sendIgnored(new TaskFailed(ID, "job-1/1", 1, "quantization", FULL, 3, List.of()));
    }

    @Test
    void rejectsOutcomesOfJobsThatNobodyRequested() {
        assertThat(rejection(new TaskRefused(ID, "job-1/0", 0, "pruning", FULL)))
                .isEqualTo("UNKNOWN_JOB");
        assertThat(rejection(new CompressionCancelled(ID, null))).isEqualTo("UNKNOWN_JOB");
    }

    @Test
    void rejectsEventsThatNameAnotherJobThanTheirKey() {
        send(request(null, "pruning:magnitude"));
        assertThat(rejection(new CompressionCancelled("job-2", null))).isEqualTo("KEY_MISMATCH");
    }

    @Test
    void rejectsEventsOfOtherTopics() {
        assertThat(rejection(new TaskProgressed(ID, "job-1/0", 0, "pruning", 0.5, "", Map.of(), 1)))
                .isEqualTo("UNEXPECTED_EVENT");
    }

    @Test
    void cancelsTheTaskThatIsOutAndEndsTheJobOnce() {
        send(request(null, "pruning:magnitude"));
        events.clear();
        send(new CompressionCancelled(ID, "not needed"));
        assertThat(events)
                .containsExactly(new TaskCancelled(ID, "job-1/0"), new CompressionCancelled(ID, "not needed"));
        assertThat(job().state()).isEqualTo(JobState.CANCELLED);
        sendIgnored(new CompressionCancelled(ID, "again"));
    }

    @Test
    void leavesOutReportsThatWouldMakeTheSnapshotTooLarge() {
        send(request(null, "pruning:magnitude", "pruning:magnitude"));
        var large = TextNode.valueOf("x".repeat(Progress.MAX_REPORT_BYTES / 2));
        send(succeeded(task(), PRUNED, null, Map.of("layers", large)));
        send(succeeded(task(), QUANTIZED, null, Map.of("layers", large, "more", large)));
        assertThat(job().lineage().get(0).report()).containsEntry("layers", large);
        assertThat(job().lineage().get(1).report()).containsOnlyKeys("notes");
        assertThat(Json.write(job()).length).isLessThan(900_000);
    }

    @Test
    void endsAJobWhoseEventBrokeTheMachine() {
        send(request(null, "pruning:magnitude"));
        var broken = Ending.failed(job(), new Problem("INTERNAL_ERROR", "orchestrator", "x", ""), List.of(), now);
        assertThat(broken.job().state()).isEqualTo(JobState.FAILED);
        assertThat(broken.events()).hasSize(1).first().isInstanceOf(CompressionFailed.class);
    }

    private void send(Record event) {
        send(event, CATALOGUE);
    }

    /** Lets the machine run one second later than before. */
    private void send(Record event, Catalogue catalogue) {
        var transition = machine.on(event, ID, job, catalogue, now).orElseThrow();
        job = transition.job();
        events.addAll(transition.events());
        assertThat(job.changedAt()).isEqualTo(now);
        assertThat(job.createdAt()).isEqualTo(START);
        now = now.plusSeconds(1);
    }

    private void sendIgnored(Record event) {
        assertThat(machine.on(event, ID, job, CATALOGUE, now)).isEmpty();
    }

    private String rejection(Record event) {
        return catchThrowableOfType(RefusedException.class, () -> machine.on(event, ID, job, CATALOGUE, now))
                .problem()
                .code();
    }

    private JobChanged job() {
        return Objects.requireNonNull(job);
    }

    private TaskIssued task() {
        return Objects.requireNonNull(job().task());
    }

    /** The one terminal event that was sent. */
    private <T extends Record> T terminal(Class<T> type) {
        var terminals = events.stream()
                .filter(event -> Set.of(
                                CompressionCompleted.class,
                                CompressionFailed.class,
                                CompressionRefused.class,
                                CompressionCancelled.class)
                        .contains(event.getClass()))
                .toList();
        assertThat(terminals).hasSize(1);
        assertThat(job().state().terminal()).isTrue();
        return type.cast(terminals.get(0));
    }

    private static CompressionRequested withRecipe(CompressionRequested request, List<StageStep> recipe) {
        return new CompressionRequested(
                request.model(),
                request.data(),
                recipe,
                null,
                request.objective(),
                request.seed(),
                request.target(),
                request.name());
    }
}
