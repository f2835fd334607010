package dev.millrace.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.message.Goal;
import dev.millrace.message.Problem;
import dev.millrace.message.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FrontTest {
    private static final Goals GOALS =
            new Goals(List.of(new Goal("accuracy", true, null), new Goal("bytes", false, null)));
    private static final Goals LIMITED =
            new Goals(List.of(new Goal("accuracy", true, 0.8), new Goal("bytes", false, null)));

    @Test
    void holdsWhatNothingElseIsBetterThanInEverything() {
        var front = Front.of(GOALS, trials(0.9, 100, 0.8, 50, 0.7, 60, 0.95, 100, 0.8, 50));

        assertThat(front.trials()).extracting(Trial::number).containsExactly(3, 1);
    }

    @Test
    void aLimitKeepsTrialsOutAndNamesTheBest() {
        var tried = trials(0.9, 100, 0.81, 50, 0.7, 10);

        assertThat(Front.of(LIMITED, tried).trials()).extracting(Trial::number).containsExactly(0, 1);
        assertThat(Front.of(LIMITED, tried).best()).map(Trial::number).contains(1);
    }

    @Test
    void theKneeIsWhereMuchIsGainedForLittle() {
        var front = Front.of(GOALS, trials(0.95, 100, 0.93, 30, 0.5, 20, 0.94, 80));

        assertThat(front.best()).map(Trial::number).contains(1);
    }

    @Test
    void nothingFeasibleHasNoBest() {
        assertThat(Front.of(LIMITED, trials(0.5, 10, 0.6, 20)).best()).isEmpty();
        assertThat(Front.of(GOALS, List.of()).best()).isEmpty();
    }

    @Test
    void theHypervolumeIsTheAreaUpToTheReference() {
        var front = Front.of(GOALS, trials(0.9, 100, 0.5, 50));

        assertThat(front.hypervolume(0, 200)).isCloseTo(0.9 * 100 + 0.5 * 50, within(1e-12));
    }

    @Test
    void theHypervolumeInThreeGoalsCountsWhatIsSharedOnce() {
        var goals =
                new Goals(List.of(new Goal("a", false, null), new Goal("b", false, null), new Goal("c", false, null)));
        var trials = List.of(
                new Trial(0, Map.of(), 0).done(Map.of("a", 0.0, "b", 0.0, "c", 1.0)),
                new Trial(1, Map.of(), 0).done(Map.of("a", 1.0, "b", 1.0, "c", 0.0)));

        assertThat(Front.of(goals, trials).hypervolume(2, 2, 2)).isCloseTo(4 + 2 - 1, within(1e-12));
    }

    @Test
    void onlyTheMostTrainedCount() {
        var trials = List.of(
                new Trial(0, Map.of(), 0).done(Map.of("accuracy", 0.99, "bytes", 1.0)),
                new Trial(1, Map.of(), 1).done(Map.of("accuracy", 0.9, "bytes", 2.0)));

        assertThat(Front.of(GOALS, trials).trials()).extracting(Trial::number).containsExactly(1);
    }

    @Test
    void ranksFeasibleTrialsFirstThenByHowMuchALimitIsBrokenThenFailures() {
        var tried = new ArrayList<>(trials(0.5, 10, 0.79, 10, 0.9, 100));
        tried.add(0, new Trial(9, Map.of(), 0).failed(new Problem("DIVERGED", "", "", "")));

        assertThat(Ranking.of(LIMITED, tried)).extracting(Trial::number).containsExactly(2, 1, 0, 9);
    }

    @Test
    void amongEqualsTheLonelyOnesComeFirst() {
        var ranked = Ranking.of(GOALS, trials(0.9, 100, 0.89, 99, 0.85, 80, 0.5, 50));

        assertThat(ranked).extracting(Trial::number).containsExactly(0, 3, 2, 1);
    }

    @Test
    void aFigureThatIsMissingOrNoNumberIsNamed() {
        assertThat(GOALS.missing(new Trial(0, Map.of(), 0).done(Map.of("accuracy", 0.9))))
                .contains("bytes");
        assertThat(GOALS.missing(new Trial(0, Map.of(), 0).done(Map.of("accuracy", Double.NaN, "bytes", 1.0))))
                .contains("accuracy");
    }

    /** @param figures accuracy and bytes by turns */
    private static List<Trial> trials(double... figures) {
        var trials = new ArrayList<Trial>();
        for (int i = 0; i < figures.length; i += 2) {
            trials.add(new Trial(i / 2, Map.of(), 0).done(Map.of("accuracy", figures[i], "bytes", figures[i + 1])));
        }
        return trials;
    }
}
