package dev.millrace.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.Trial;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SuccessiveHalvingTest {
    private static final SuccessiveHalving HALVING = new SuccessiveHalving(new RandomSearch(), 3, 3);

    @Test
    void oneOfThreeRisesAndTheTopIsTrainedInFull() {
        var trials = play(HALVING, 0, 39);

        assertThat(IntStream.range(0, 3).mapToObj(rung -> count(trials, rung))).containsExactly(27L, 9L, 3L);
        assertThat(HALVING.budget(0)).isEqualTo(1.0 / 9);
        assertThat(HALVING.budget(2)).isEqualTo(1);
        assertThat(HALVING.leastTrials()).isEqualTo(13);
    }

    @Test
    void theSameTrainingFindsBetterPoints() {
        double halved = 0;
        double full = 0;
        for (int seed = 0; seed < 20; seed++) {
            halved += best(play(HALVING, seed, 60));
            long trainings = Math.round(play(HALVING, seed, 60).stream()
                    .mapToDouble(trial -> HALVING.budget(trial.rung()))
                    .sum());
            full += best(play(new RandomSearch(), seed, (int) trainings));
        }
        assertThat(halved).isLessThan(0.9 * full);
    }

    @Test
    void theLastOnesRiseThoughTheyAreFew() {
        var space = new Space(List.of(Spaces.width("w", 4)));

        var trials = Spaces.play(
                HALVING,
                space,
                Spaces.LOSS,
                0,
                50,
                p -> Map.of("loss", (double) p.values().hashCode()));

        assertThat(trials).filteredOn(trial -> trial.rung() == 2).hasSize(1);
    }

    /** On lower rungs the loss is only nearly known. */
    private static List<Trial> play(Strategy strategy, long seed, int count) {
        return Spaces.play(strategy, Spaces.BOWL, Spaces.LOSS, seed, count, proposal -> {
            double noise = strategy instanceof SuccessiveHalving && proposal.rung() < 2
                    ? 5
                            * (2 - proposal.rung())
                            * new SplittableRandom(proposal.values().hashCode()).nextDouble()
                    : 0;
            return Map.of("loss", Spaces.bowl(proposal.values()).getOrDefault("loss", 0.0) + noise);
        });
    }

    private static double best(List<Trial> trials) {
        return Spaces.figure(Front.of(Spaces.LOSS, trials).best().orElseThrow(), "loss");
    }

    private static long count(List<Trial> trials, int rung) {
        return trials.stream().filter(trial -> trial.rung() == rung).count();
    }
}
