package dev.millrace.search;

import dev.millrace.message.Choice;
import dev.millrace.message.Trial;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Bayesian search by densities: with {@code l} the density of the best trials' values and {@code g} that of the others',
 * the point with the greatest {@code l/g} of some drawn from {@code l} is next (TPE: Bergstra, Bardenet, Bengio and Kégl
 * 2011, Algorithms for hyper-parameter optimization). Densities are counts by choice, smoothed towards neighbours where the
 * choice is ordered, with one even count as prior; choices that do not exist at a point say nothing about it. The best
 * trials are the first ones of the {@link Ranking}, which makes it multi-objective (as MOTPE: Ozaki et al. 2020) and mindful of
 * limits. Random for the first {@code startup} trials. Costs O(trials · choices) a step beside the ranking.
 *
 * <p>Use it first: with few trials nothing here is better.
 *
 * @param startup trials at random, at least 2
 * @param share of the trials that counts as best, above 0, below 1
 * @param candidates drawn for each step; fewer explore more
 */
public record TreeParzen(int startup, double share, int candidates) implements Strategy {
    private static final int MOST_GOOD = 25;

    public TreeParzen {
        if (startup < 2 || !(share > 0 && share < 1) || candidates < 1) {
            throw new IllegalArgumentException(
                    "startup " + startup + ", share " + share + ", candidates " + candidates);
        }
    }

    public TreeParzen() {
        this(10, 0.1, 8);
    }

    @Override
    public String name() {
        return "tpe";
    }

    @Override
    public Optional<Proposal> next(History history) {
        var random = history.random();
        var space = history.space();
        var ended = history.ended();
        if (ended.size() < startup) {
            return history.fresh(random, () -> space.random(random));
        }
        var ranked = Ranking.of(history.goals(), ended);
        int good = Math.min(MOST_GOOD, Math.max(1, (int) Math.ceil(share * ranked.size())));
        double[][] likely = densities(space, ranked.subList(0, good));
        double[][] unlikely = densities(space, ranked.subList(good, ranked.size()));
        return history.fresh(random, () -> {
            int[] best = new int[0];
            double bestRatio = Double.NEGATIVE_INFINITY;
            for (int candidate = 0; candidate < candidates; candidate++) {
                int[] point = new int[likely.length];
                double ratio = 0;
                for (int i = 0; i < point.length; i++) {
                    point[i] = space.exists(point, i) ? Weighted.draw(likely[i], random) : Space.ABSENT;
                    ratio += point[i] == Space.ABSENT ? 0 : Math.log(likely[i][point[i]] / unlikely[i][point[i]]);
                }
                if (ratio > bestRatio) {
                    bestRatio = ratio;
                    best = point;
                }
            }
            return best;
        });
    }

    /** @return by choice and value; each choice sums to 1 */
    private static double[][] densities(Space space, List<Trial> trials) {
        var points = trials.stream().map(trial -> space.point(trial.values())).toList();
        double[][] densities = new double[space.choices().size()][];
        for (int i = 0; i < densities.length; i++) {
            int choice = i;
            int[] values = points.stream()
                    .mapToInt(point -> point[choice])
                    .filter(value -> value != Space.ABSENT)
                    .toArray();
            densities[i] = density(space.choices().get(i), values);
        }
        return densities;
    }

    private static double[] density(Choice choice, int[] values) {
        int count = choice.values().size();
        double[] density = new double[count];
        Arrays.fill(density, 1.0 / count);
        for (int value : values) {
            for (int v = 0; v < count; v++) {
                density[v] += choice.ordered() ? kernel(v - value) : v == value ? 1 : 0;
            }
        }
        double sum = Arrays.stream(density).sum();
        for (int v = 0; v < count; v++) {
            density[v] /= sum;
        }
        return density;
    }

    /** A neighbour counts a quarter. */
    private static double kernel(int distance) {
        return distance == 0 ? 1 : Math.abs(distance) == 1 ? 0.25 : 0;
    }
}
