package dev.millrace.search;

import dev.millrace.message.Trial;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Trials from best to worst: feasible ones by the front they are on and, on the same front, by how lonely they are
 * (non-dominated sorting and crowding distance: Deb et al. 2002, A fast and elitist multiobjective genetic algorithm); then
 * those that break a limit, by how much; then those that failed. With one goal this is the order of its figure. Ties go to
 * the earlier trial. Costs O(goals · trials²).
 */
final class Ranking {
    private Ranking() {}

    /** @param trials none of them still out */
    static List<Trial> of(Goals goals, List<Trial> trials) {
        var ranked = new ArrayList<Trial>();
        var feasible = trials.stream().filter(goals::feasible).toList();
        for (var front : fronts(goals, feasible)) {
            ranked.addAll(byCrowding(goals, front));
        }
        trials.stream()
                .filter(trial -> goals.isMeasured(trial) && !goals.feasible(trial))
                .sorted(Comparator.comparingDouble(goals::violation).thenComparingInt(Trial::number))
                .forEach(ranked::add);
        trials.stream().filter(trial -> !goals.isMeasured(trial)).forEach(ranked::add);
        return ranked;
    }

    /** Layers of the Pareto order; each is the front of what the layers before it leave. */
    static List<List<Trial>> fronts(Goals goals, List<Trial> trials) {
        int n = trials.size();
        var losses = trials.stream().map(goals::losses).toList();
        int[] dominatedBy = new int[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                dominatedBy[i] += Goals.dominates(losses.get(j), losses.get(i)) ? 1 : 0;
            }
        }
        var fronts = new ArrayList<List<Trial>>();
        boolean[] placed = new boolean[n];
        for (int left = n; left > 0; ) {
            int[] front = IntStream.range(0, n)
                    .filter(i -> !placed[i] && dominatedBy[i] == 0)
                    .toArray();
            for (int i : front) {
                placed[i] = true;
                IntStream.range(0, n)
                        .filter(j -> Goals.dominates(losses.get(i), losses.get(j)))
                        .forEach(j -> dominatedBy[j]--);
            }
            fronts.add(Arrays.stream(front).mapToObj(trials::get).toList());
            left -= front.length;
        }
        return fronts;
    }

    private static List<Trial> byCrowding(Goals goals, List<Trial> front) {
        var crowding = crowding(goals, front);
        return front.stream()
                .sorted(Comparator.comparingDouble((Trial trial) -> -crowding.getOrDefault(trial.number(), 0.0))
                        .thenComparingInt(Trial::number))
                .toList();
    }

    /** Sum over the goals of the normalised gap between a trial's two neighbours on the front; endless at its ends. */
    private static Map<Integer, Double> crowding(Goals goals, List<Trial> front) {
        var crowding = new HashMap<Integer, Double>();
        for (int g = 0; g < goals.goals().size(); g++) {
            int goal = g;
            var sorted = front.stream()
                    .sorted(Comparator.comparingDouble((Trial trial) -> goals.losses(trial)[goal]))
                    .toList();
            double least = goals.losses(sorted.get(0))[goal];
            double range = goals.losses(sorted.get(sorted.size() - 1))[goal] - least;
            for (int i = 0; i < sorted.size(); i++) {
                boolean end = i == 0 || i == sorted.size() - 1;
                double gap = end
                        ? Double.POSITIVE_INFINITY
                        : range == 0
                                ? 0
                                : (goals.losses(sorted.get(i + 1))[goal] - goals.losses(sorted.get(i - 1))[goal])
                                        / range;
                crowding.merge(sorted.get(i).number(), gap, Double::sum);
            }
        }
        return crowding;
    }
}
