package dev.millrace.search;

import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * NSGA-II, one child at a time: the {@code population} best trials ever by {@link Ranking} are parents; two are picked by
 * binary tournament, each choice of the child comes from either, and one choice is changed, and another with the chance {@code
 * 1/(choices+1)}, and so on (Deb, Pratap, Agarwal and Meyarivan 2002, A fast and elitist multiobjective genetic algorithm: NSGA-II).
 * Random until a population is there. Costs O(goals · trials²) a step.
 *
 * <p>Use it for two or more goals when the whole front is wanted.
 *
 * @param population at least 2
 */
public record NonDominatedSorting(int population) implements Strategy {
    public NonDominatedSorting {
        if (population < 2) {
            throw new IllegalArgumentException("population " + population);
        }
    }

    /** Small enough for searches of fifty trials. */
    public NonDominatedSorting() {
        this(10);
    }

    @Override
    public String name() {
        return "nsga2";
    }

    @Override
    public Optional<Proposal> next(History history) {
        var random = history.random();
        var space = history.space();
        var ended = history.ended();
        if (ended.size() < population) {
            return history.fresh(random, () -> space.random(random));
        }
        var parents = Ranking.of(history.goals(), ended).subList(0, population).stream()
                .map(trial -> space.point(trial.values()))
                .toList();
        return history.fresh(random, () -> {
            int[] mother = parents.get(tournament(random));
            int[] father = parents.get(tournament(random));
            int[] child = new int[mother.length];
            for (int i = 0; i < child.length; i++) {
                child[i] = random.nextBoolean() ? mother[i] : father[i];
            }
            child = space.settled(child, random);
            do {
                child = space.mutated(child, random);
            } while (random.nextInt(child.length + 1) == 0);
            return child;
        });
    }

    private int tournament(RandomGenerator random) {
        return Math.min(random.nextInt(population), random.nextInt(population));
    }
}
