package dev.millrace.search;

import java.util.Optional;

/**
 * Evolution in which age kills: of the youngest {@code population} trials, {@code sample} are drawn, the best of them gets
 * a child that differs in one choice (Real, Aggarwal, Huang and Le 2019, Regularized evolution for image classifier
 * architecture search). A lucky measurement dies with its trial. Random until a population is there. Costs O(trials) a step
 * with one goal.
 *
 * <p>Use it when trials are noisy or choices are many, with one goal; with two it needs some hundred trials to find the ends
 * of the front.
 *
 * @param population at least 2
 * @param sample 1..population; more is greedier
 */
public record RegularizedEvolution(int population, int sample) implements Strategy {
    public RegularizedEvolution {
        if (population < 2 || sample < 1 || sample > population) {
            throw new IllegalArgumentException("population " + population + ", sample " + sample);
        }
    }

    /** Small and greedy, for searches of 20 to 50 trials. */
    public RegularizedEvolution() {
        this(10, 5);
    }

    @Override
    public String name() {
        return "evolution";
    }

    @Override
    public Optional<Proposal> next(History history) {
        var random = history.random();
        var ended = history.ended();
        if (ended.size() < population) {
            return history.fresh(random, () -> history.space().random(random));
        }
        var ranked = Ranking.of(history.goals(), ended.subList(ended.size() - population, ended.size()));
        return history.fresh(random, () -> {
            int best = random.ints(sample, 0, population).min().orElseThrow();
            int[] parent = history.space().point(ranked.get(best).values());
            return history.space().mutated(parent, random);
        });
    }
}
