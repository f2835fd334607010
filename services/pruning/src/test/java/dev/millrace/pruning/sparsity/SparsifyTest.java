package dev.millrace.pruning.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.pruning.Attempt;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SparsifyTest {
    private static final String TRAINED =
            "\"batchSize\": 16, \"epochs\": 4, \"rounds\": 3, \"recovery\": \"fineTune\", \"format\": \"dense\"";

    private static final Map<Pace, String> WORDS = Map.of(
            Pace.ONE_SHOT, "oneShot",
            Pace.ITERATIVE, "iterative",
            Pace.LOTTERY_TICKET, "lotteryTicket",
            Pace.CUBIC, "cubic");

    @TempDir
    Path directory;

    static Stream<Sparsify> criteria() {
        return Sparsify.byEachCriterion().stream();
    }

    private Attempt task() throws IOException {
        return task(128);
    }

    private Attempt task(int rows) throws IOException {
        return Attempt.of(directory, TinyModels.mlp()).rows("training", rows, SparsifyTest::largest);
    }

    private static int largest(float[] row) {
        int largest = 0;
        for (int k = 1; k < 4; k++) {
            largest = row[k] > row[largest] ? k : largest;
        }
        return largest;
    }

    @ParameterizedTest
    @MethodSource("criteria")
    void everyCriterionMeetsTheSparsityWithTraining(Sparsify technique) throws IOException {
        var result = task().run(technique, "{\"sparsity\": 0.75, \"schedule\": \"cubic\", " + TRAINED + "}");

        assertThat(zeros(result)).isEqualTo(Math.round(0.75 * elements(result)));
        assertThat(Attempt.reported(result, "targetMet").asBoolean()).isTrue();
        assertThat(Attempt.reported(result, "recovery").get("steps").asLong()).isEqualTo(28);
    }

    @ParameterizedTest
    @MethodSource("criteria")
    void everyCriterionFollowsAPattern(Sparsify technique) throws IOException {
        var result = task().run(technique, "{\"pattern\": \"1:4\", \"schedule\": \"iterative\", " + TRAINED + "}");

        for (var weight : weights(Attempt.model(result))) {
            var numbers = weight.floats(); // (out, in)
            for (int first = 0; first < numbers.length; first += 4) {
                int kept = 0;
                for (int i = first; i < first + 4; i++) {
                    kept += numbers[i] == 0 ? 0 : 1;
                }
                assertThat(kept).as(weight + " " + first).isEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Pace.class)
    void everyScheduleContinuesFromACheckpointToTheSameBytes(Pace pace) throws IOException {
        var options = "{\"sparsity\": 0.8, \"schedule\": \"" + WORDS.get(pace) + "\", " + TRAINED + "}";
        var technique = new Sparsify(new Magnitude(), Duration.ZERO);
        var whole = task().run(technique, options);
        var task = task().dieAt(0.7);

        assertThatThrownBy(() -> task.run(technique, options)).isInstanceOf(Attempt.Killed.class);
        assertThat(task.saved()).isPositive();
        assertThat(Attempt.model(task.run(technique, options))).isEqualTo(Attempt.model(whole));
    }

    @Test
    void whatMovementRemovesContinuesToTheSameBytes() throws IOException {
        var options = "{\"sparsity\": 0.8, \"schedule\": \"cubic\", " + TRAINED + "}";
        var technique = new Sparsify(new Movement(), Duration.ZERO);
        var whole = task().run(technique, options);
        var task = task().dieAt(0.5);

        assertThatThrownBy(() -> task.run(technique, options)).isInstanceOf(Attempt.Killed.class);
        assertThat(Attempt.model(task.run(technique, options))).isEqualTo(Attempt.model(whole));
    }

    /** Scores by movement, in the first round upside down. */
    private static final class Mistaken implements Criterion.Scoring {
        private final Movement movement = new Movement();
        private final List<List<Tensor>> rounds = new ArrayList<>();

        @Override
        public String name() {
            return "mistaken";
        }

        @Override
        public String summary() {
            return movement.summary();
        }

        @Override
        public String useWhen() {
            return movement.useWhen();
        }

        @Override
        public Scope scope() {
            return movement.scope();
        }

        @Override
        public boolean learns() {
            return movement.learns();
        }

        @Override
        public Scores scores(Evidence evidence) {
            var scores = movement.scores(evidence);
            float sign = rounds.isEmpty() ? -1 : 1;
            return (weight, visitor) -> scores.score(weight, (index, worth) -> visitor.visit(index, sign * worth));
        }

        @Override
        public List<Tensor> prune(Evidence evidence) throws IOException {
            rounds.add(Scoring.super.prune(evidence));
            return rounds.get(rounds.size() - 1);
        }
    }

    @Test
    void whatWasWronglyRemovedComesBackInLaterRounds() throws IOException {
        var mistaken = new Mistaken();
        var result = task(1000)
                .run(
                        new Sparsify(mistaken),
                        "{\"sparsity\": 0.6, \"schedule\": \"cubic\", \"learningRate\": 0.01, " + TRAINED + "}");

        int removed = 0;
        int back = 0;
        for (int w = 0; w < 2; w++) {
            var first = mistaken.rounds.get(0).get(w).floats();
            var last = weights(Attempt.model(result)).get(w).floats();
            for (int i = 0; i < first.length; i++) {
                removed += first[i] == 0 ? 1 : 0;
                back += first[i] == 0 && last[i] != 0 ? 1 : 0;
            }
        }
        assertThat(zeros(result)).isEqualTo(Math.round(0.6 * elements(result)));
        assertThat(back).isGreaterThan(removed / 2);
    }

    @ParameterizedTest
    @MethodSource("criteria")
    void whatTrainingLeavesAloneIsNotPruned(Sparsify technique) throws IOException {
        var first = weights(TinyModels.mlp()).get(0);
        var result = task().run(
                        technique,
                        "{\"sparsity\": 0.5, \"schedule\": \"iterative\", \"frozen\": [\"%s\"], %s}"
                                .formatted(first.name(), TRAINED));

        var after = Attempt.model(result).graph();
        assertThat(after.constant(first.name()).orElseThrow().floats()).containsExactly(first.floats());
        assertThat(zeros(result)).isPositive();
    }

    @Test
    void aLotteryTicketStartsFromTheWeightsThatTheModelCameWith() throws IOException {
        var rates =
                "{\"sparsity\": 0.8, \"schedule\": \"lotteryTicket\", \"learningRate\": 1e-12, \"weightDecay\": 1e-12,"
                        + TRAINED + "}";
        var result = task().run(new Sparsify(new Magnitude()), rates);

        var original = TinyModels.mlp();
        for (var weight : weights(Attempt.model(result))) {
            var before = original.graph().constant(weight.name()).orElseThrow().floats();
            var after = weight.floats();
            for (int i = 0; i < after.length; i++) {
                assertThat(after[i]).isIn(0f, before[i]);
            }
        }
    }

    @Test
    void roundsRemoveTheSameShareOfWhatIsLeft() {
        assertThat(Pace.ITERATIVE.shares(2, 0.75)).containsExactly(0.5, 0.75);
        assertThat(Pace.CUBIC.shares(2, 0.8)).containsExactly(0.8 * 0.875, 0.8);
        assertThat(Pace.ONE_SHOT.shares(5, 0.8)).containsExactly(0.8);
        assertThat(Pace.CUBIC.at(3, 0, 0.5)).containsExactly(0.0, 0.25, 0.5);
        assertThat(Pace.ONE_SHOT.at(3, 0, 0.5)).containsExactly(0.0);
    }

    @Test
    void aScheduleWithoutTrainingIsRefused() throws IOException {
        var task = Attempt.of(directory, TinyModels.mlp());

        for (Technique<?> technique : List.of(new Sparsify(new Movement()), new Sparsify(new Magnitude()))) {
            assertThatThrownBy(() -> task.run(technique, "{\"schedule\": \"cubic\"}"))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("RECOVERY_MISSING");
        }
    }

    @Test
    void aCriterionThatReadsLabelsIsRefusedWithoutThem() throws IOException {
        var task = Attempt.of(directory, TinyModels.mlp()).rows("training", 32, null);

        assertThatThrownBy(() -> task.run(new Sparsify(new Snip()), "{\"recovery\": \"none\"}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("LABELS_MISSING");
    }

    @Test
    void withoutRecoveryGradientsChooseAndNothingElseChanges() throws IOException {
        var original = TinyModels.mlp();
        for (var criterion : List.of(new Snip(), new Taylor(), new Grasp(), new SynFlow())) {
            var result = task().run(new Sparsify(criterion), "{\"recovery\": \"none\", \"format\": \"dense\"}");
            assertThat(zeros(result)).isEqualTo(Math.round(0.5 * elements(result)));
            for (var weight : weights(Attempt.model(result))) {
                var before =
                        original.graph().constant(weight.name()).orElseThrow().floats();
                var after = weight.floats();
                for (int i = 0; i < after.length; i++) {
                    assertThat(after[i]).isIn(0f, before[i]);
                }
            }
        }
    }

    /** Inputs 4 to 15 say nothing about the label, and after some training what reads them is worth least. */
    @Test
    void sensitivityFindsTheInputsThatMatter() throws IOException {
        var options = "{\"sparsity\": 0.6, \"scope\": \"layer\", \"schedule\": \"iterative\", \"epochs\": 10,"
                + " \"rounds\": 3, \"batchSize\": 16, \"learningRate\": 0.01, \"recovery\": \"fineTune\"}";
        var trained = task(1000).run(new Sparsify(new Taylor()), options);
        var first = Attempt.model(trained).graph().constant("fc1.weight").orElseThrow();
        var numbers = first.floats(); // (32, 16)
        int telling = 0;
        int silent = 0;
        for (int i = 0; i < numbers.length; i++) {
            telling += i % 16 < 4 && numbers[i] != 0 ? 1 : 0;
            silent += i % 16 >= 4 && numbers[i] != 0 ? 1 : 0;
        }
        assertThat(telling / 128.0).isGreaterThan(1.5 * silent / 384.0);
    }

    private static List<Tensor> weights(Model model) {
        return Stream.of("fc1.weight", "fc2.weight")
                .map(name -> model.graph().constant(name).orElseThrow())
                .toList();
    }

    private static long elements(StageResult result) throws IOException {
        return weights(Attempt.model(result)).stream()
                .mapToLong(Tensor::elements)
                .sum();
    }

    private static long zeros(StageResult result) throws IOException {
        return weights(Attempt.model(result)).stream()
                .mapToLong(Elements::zeros)
                .sum();
    }
}
