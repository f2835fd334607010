package dev.millrace.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.Choice;
import dev.millrace.message.Goal;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.message.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Recipes: how much is pruned, how weights are stored, and training that mends half of what pruning costs. */
class SumOfPartsTest {
    private static final Choice PRUNE = choice("prune", true, null, "none", "0.3", "0.5", "0.7", "0.9");
    private static final Choice MEND =
            choice("mend", false, new Choice.Condition("prune", PRUNE.values().subList(1, 5)), "none", "train");
    private static final Choice STORE = choice("store", false, null, "none", "float16", "int8", "int4");
    private static final Space RECIPES = new Space(List.of(PRUNE, MEND, STORE));

    @Test
    void findsTheBestRecipeUnderALimitInFewTrials() {
        var trials = play(0.02, 14);

        assertThat(Front.of(goals(0.02), trials).best())
                .map(Trial::values)
                .contains(Map.of("prune", text("0.5"), "mend", text("train"), "store", text("int8")));
    }

    @Test
    void probesEachChoiceAloneBeforeItCombines() {
        var trials = play(0.02, 3);

        assertThat(trials.stream().map(trial -> parts(trial.values()))).containsExactly(1L, 2L, 1L);
        assertThat(trials.get(0).values()).containsEntry("prune", text("0.5"));
    }

    @Test
    void doesNotProbeStrongerThanWhatIsHopeless() {
        var trials = play(0.001, 40);

        assertThat(trials).noneMatch(trial -> text("0.9").equals(trial.values().get("prune")));
    }

    @Test
    void doesNotProbeOtherStrengthsOfWhatFailed() {
        var trials = new ArrayList<Trial>();
        for (int i = 0; i < 12; i++) {
            var proposal = new SumOfParts().next(new History(RECIPES, goals(0.02), 0, trials));
            if (proposal.isEmpty()) {
                break;
            }
            var trial = new Trial(i, proposal.get().values(), 0);
            trials.add(
                    words(trial.values(), "prune").equals("none")
                            ? trial.done(measure(trial.values()))
                            : trial.failed(new Problem("NO_LAYER", "model", "none", "a layer")));
        }

        assertThat(trials)
                .extracting(trial -> words(trial.values(), "prune"))
                .filteredOn(prune -> !prune.equals("none"))
                .containsOnly("0.5");
    }

    @Test
    void endsWhenNothingMorePromisesAGain() {
        assertThat(play(0.02, 40)).hasSizeLessThan(20);
    }

    @Test
    void anImpossibleLimitStillYieldsTheNearest() {
        var trials = play(-1, 12);

        assertThat(Front.of(goals(-1), trials).best()).isEmpty();
        assertThat(Front.nearest(goals(-1), trials))
                .map(trial -> parts(trial.values()))
                .hasValueSatisfying(parts -> assertThat(parts).isPositive());
    }

    @Test
    void goalsWithoutAReferenceAreRefused() {
        var goals = new Goals(List.of(new Goal("bytes", false, null)));

        assertThatThrownBy(() -> new SumOfParts().next(new History(RECIPES, goals, 0, List.of())))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("bytes.reference");
    }

    private static List<Trial> play(double limit, int count) {
        return Spaces.play(new SumOfParts(), RECIPES, goals(limit), 0, count, p -> measure(p.values()));
    }

    private static Goals goals(double limit) {
        return new Goals(List.of(new Goal("drop", false, limit, 0.0), new Goal("bytes", false, null, 1.0)));
    }

    /** Not quite the sum of the parts: int8 hurts a pruned model a little more. */
    private static Map<String, Double> measure(Map<String, JsonNode> values) {
        double pruned = words(values, "prune").equals("none") ? 0 : Double.parseDouble(words(values, "prune"));
        double mended = "train".equals(words(values, "mend")) ? 0.5 : 1;
        double drop = 0.06 * pruned * pruned * mended;
        double bytes = 1 - 0.9 * pruned;
        switch (words(values, "store")) {
            case "float16" -> bytes *= 0.5;
            case "int8" -> {
                bytes *= 0.27;
                drop += 0.004 + 0.004 * pruned;
            }
            case "int4" -> {
                bytes *= 0.16;
                drop += 0.05;
            }
            default -> drop += 0;
        }
        return Map.of("drop", drop, "bytes", bytes);
    }

    private static long parts(Map<String, JsonNode> values) {
        return values.values().stream()
                .filter(value -> !value.equals(text("none")))
                .count();
    }

    private static String words(Map<String, JsonNode> values, String choice) {
        var value = values.get(choice);
        return value == null ? "none" : value.textValue();
    }

    private static JsonNode text(String word) {
        return TextNode.valueOf(word);
    }

    private static Choice choice(String name, boolean ordered, Choice.@Nullable Condition onlyIf, String... words) {
        return new Choice(
                name, new ArrayList<>(Stream.of(words).map(SumOfPartsTest::text).toList()), ordered, onlyIf);
    }
}
