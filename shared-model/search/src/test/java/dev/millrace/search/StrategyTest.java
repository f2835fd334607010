package dev.millrace.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.Goal;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.message.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StrategyTest {
    private static final int SEEDS = 6;
    private static final int TRIALS = 90;

    static Stream<Strategy> clever() {
        return thatGoOn().filter(strategy -> !strategy.name().equals("random"));
    }

    static Stream<Strategy> all() {
        return Stream.concat(thatGoOn(), thatGoOn().map(inner -> new SuccessiveHalving(inner, 3, 3)));
    }

    /** All but the one that stops when it expects nothing more. */
    private static Stream<Strategy> thatGoOn() {
        return Strategies.ALL.stream().filter(strategy -> !strategy.name().equals("parts"));
    }

    @ParameterizedTest
    @MethodSource("clever")
    void beatsRandomSearchAtEqualTrialsWithOneGoal(Strategy strategy) {
        double found = meanBest(strategy, Spaces.LOSS);
        double byChance = meanBest(new RandomSearch(), Spaces.LOSS);

        assertThat(found).as("%s, random %s", strategy.name(), byChance).isLessThan(0.75 * byChance);
    }

    @ParameterizedTest
    @MethodSource("clever")
    void beatsRandomSearchAtEqualTrialsWithTwoGoals(Strategy strategy) {
        double found = meanVolume(strategy);
        double byChance = meanVolume(new RandomSearch());

        assertThat(found).as("%s, random %s", strategy.name(), byChance).isGreaterThan(1.02 * byChance);
    }

    @ParameterizedTest
    @MethodSource("clever")
    void beatsRandomSearchUnderALimit(Strategy strategy) {
        var goals = new Goals(List.of(new Goal("value", true, null), new Goal("cost", false, 25.0)));

        double found = meanBestValue(strategy, goals);
        double byChance = meanBestValue(new RandomSearch(), goals);

        assertThat(found).as("%s, random %s", strategy.name(), byChance).isGreaterThan(byChance);
    }

    @ParameterizedTest
    @MethodSource("all")
    void theSameHistoryAndSeedLeadToTheSameTrials(Strategy strategy) {
        var once = Spaces.play(strategy, Spaces.BOWL, Spaces.LOSS, 5, 40, p -> Spaces.bowl(p.values()));
        var again = Spaces.play(strategy, Spaces.BOWL, Spaces.LOSS, 5, 40, p -> Spaces.bowl(p.values()));
        var other = Spaces.play(strategy, Spaces.BOWL, Spaces.LOSS, 6, 40, p -> Spaces.bowl(p.values()));

        assertThat(again).isEqualTo(once).isNotEqualTo(other);
    }

    @ParameterizedTest
    @MethodSource("all")
    void goesOnFromAReplayedHistoryAsIfNothingHadHappened(Strategy strategy) {
        var whole = Spaces.play(strategy, Spaces.BOWL, Spaces.LOSS, 5, 40, p -> Spaces.bowl(p.values()));

        var next = strategy.next(new History(Spaces.BOWL, Spaces.LOSS, 5, whole.subList(0, 25)));

        assertThat(next).map(Proposal::values).contains(whole.get(25).values());
    }

    @ParameterizedTest
    @MethodSource("all")
    void whatIsTriedBehindAWindowDoesNotDependOnWhoAnswersFirst(Strategy strategy) {
        var done = Spaces.play(strategy, Spaces.BOWL, Spaces.LOSS, 5, 30, p -> Spaces.bowl(p.values()));
        var lastOut = new ArrayList<>(done);
        for (int i = 26; i < 30; i++) {
            lastOut.set(i, new Trial(i, done.get(i).values(), done.get(i).rung()));
        }

        var known = new History(Spaces.BOWL, Spaces.LOSS, 5, done).behind(4);
        var unknown = new History(Spaces.BOWL, Spaces.LOSS, 5, lastOut).behind(4);

        assertThat(strategy.next(known)).isPresent().isEqualTo(strategy.next(unknown));
    }

    @ParameterizedTest
    @MethodSource("all")
    void triesEveryPointOnceAndThenStops(Strategy strategy) {
        var space = new Space(List.of(Spaces.kind("k"), Spaces.width("w", 5)));

        var trials = Spaces.play(
                strategy,
                space,
                Spaces.LOSS,
                1,
                100,
                p -> Map.of("loss", (double) p.values().hashCode()));

        assertThat(trials.stream().filter(trial -> trial.rung() == 0).map(Trial::values))
                .doesNotHaveDuplicates()
                .hasSize(20);
    }

    @ParameterizedTest
    @MethodSource("all")
    void livesWithFailedTrialsAndOnesThatAreStillOut(Strategy strategy) {
        var trials = new ArrayList<Trial>();
        for (int i = 0; i < 30; i++) {
            var proposal = strategy.next(new History(Spaces.BOWL, Spaces.LOSS, 3, trials))
                    .orElseThrow();
            var out = new Trial(i, proposal.values(), proposal.rung());
            trials.add(i % 3 == 0 ? out : out.failed(new Problem("DIVERGED", "loss", "NaN", "")));
        }

        assertThat(strategy.next(new History(Spaces.BOWL, Spaces.LOSS, 3, trials)))
                .isPresent();
    }

    @ParameterizedTest
    @MethodSource("all")
    void severalAtOnceAreDifferent(Strategy strategy) {
        var done = Spaces.play(strategy, Spaces.BOWL, Spaces.LOSS, 2, 20, p -> Spaces.bowl(p.values()));

        assertThat(strategy.next(new History(Spaces.BOWL, Spaces.LOSS, 2, done), 8))
                .hasSize(8)
                .doesNotHaveDuplicates();
    }

    @Test
    void anUnknownStrategyIsRefusedWithTheNearest() {
        assertThatThrownBy(() -> Strategies.named("tpee"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("tpe");
    }

    private static double meanBest(Strategy strategy, Goals goals) {
        return IntStream.range(0, SEEDS)
                .mapToDouble(seed ->
                        Spaces.play(strategy, Spaces.BOWL, goals, seed, TRIALS, p -> Spaces.bowl(p.values())).stream()
                                .mapToDouble(trial -> Spaces.figure(trial, "loss"))
                                .min()
                                .orElseThrow())
                .average()
                .orElseThrow();
    }

    private static double meanVolume(Strategy strategy) {
        return IntStream.range(0, SEEDS)
                .mapToDouble(seed -> Front.of(Spaces.VALUE_AND_COST, valued(strategy, Spaces.VALUE_AND_COST, seed))
                        .hypervolume(-12, 84))
                .average()
                .orElseThrow();
    }

    private static double meanBestValue(Strategy strategy, Goals goals) {
        return IntStream.range(0, SEEDS)
                .mapToDouble(seed -> Front.of(goals, valued(strategy, goals, seed))
                        .best()
                        .map(trial -> Spaces.figure(trial, "value"))
                        .orElse(-12.0))
                .average()
                .orElseThrow();
    }

    private static List<Trial> valued(Strategy strategy, Goals goals, long seed) {
        return Spaces.play(strategy, Spaces.BOWL, goals, seed, TRIALS, p -> Spaces.valueAndCost(p.values()));
    }
}
