package dev.millrace.search;

import dev.millrace.message.Goal;
import dev.millrace.message.Trial;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The Pareto front of a search: the feasible trials that no other trial is better than in everything, of the highest rung
 * that has any. Equal figures count once, for the earlier trial.
 *
 * @param trials by the loss of the first goal, best first
 */
public record Front(Goals goals, List<Trial> trials) {
    public Front {
        trials = List.copyOf(trials);
    }

    public static Front of(Goals goals, List<Trial> tried) {
        int rung = tried.stream()
                .filter(goals::feasible)
                .mapToInt(Trial::rung)
                .max()
                .orElse(0);
        var candidates = tried.stream()
                .filter(trial -> trial.rung() == rung && goals.feasible(trial))
                .toList();
        var losses = candidates.stream().map(goals::losses).toList();
        var front = IntStream.range(0, candidates.size())
                .filter(i -> IntStream.range(0, candidates.size()).noneMatch(j -> beats(losses, j, i)))
                .mapToObj(candidates::get)
                .sorted(Comparator.comparingDouble((Trial trial) -> goals.losses(trial)[0])
                        .thenComparingInt(Trial::number))
                .toList();
        return new Front(goals, front);
    }

    /** The trial to name where nothing is feasible: of the most trained ones that were measured the one nearest to the limits. */
    public static Optional<Trial> nearest(Goals goals, List<Trial> tried) {
        return tried.stream()
                .filter(goals::isMeasured)
                .min(Comparator.comparingInt((Trial trial) -> -trial.rung())
                        .thenComparingDouble(goals::violation)
                        .thenComparingInt(Trial::number));
    }

    /** Whether trial {@code i} is better than {@code j}, or equal and earlier. */
    private static boolean beats(List<double[]> losses, int i, int j) {
        return Goals.dominates(losses.get(i), losses.get(j)) || (i < j && Arrays.equals(losses.get(i), losses.get(j)));
    }

    /**
     * The trial to take where one must be taken: with limits the one that is best in the first goal without a limit, for
     * the limits say how good the others must be; without limits, or where every goal has one, the knee. Empty when nothing
     * is feasible.
     */
    public Optional<Trial> best() {
        boolean limited = goals.goals().stream().anyMatch(goal -> goal.limit() != null);
        for (int i = 0; limited && i < goals.goals().size(); i++) {
            Goal goal = goals.goals().get(i);
            if (goal.limit() == null) {
                int best = i;
                return trials.stream().min(Comparator.comparingDouble(trial -> goals.losses(trial)[best]));
            }
        }
        return knee();
    }

    /**
     * The trial farthest from the plane through the front's ends, towards better: with every loss scaled to 0..1 over the
     * front, the one with the least sum (Das 1999, On characterizing the "knee" of the Pareto curve).
     */
    public Optional<Trial> knee() {
        int goalCount = goals.goals().size();
        double[] least = new double[goalCount];
        double[] range = new double[goalCount];
        for (int i = 0; i < goalCount; i++) {
            int goal = i;
            var figures = trials.stream()
                    .mapToDouble(trial -> goals.losses(trial)[goal])
                    .summaryStatistics();
            least[i] = figures.getMin();
            range[i] = figures.getMax() - figures.getMin();
        }
        return trials.stream().min(Comparator.comparingDouble(trial -> {
            double[] losses = goals.losses(trial);
            double sum = 0;
            for (int i = 0; i < goalCount; i++) {
                sum += range[i] == 0 ? 0 : (losses[i] - least[i]) / range[i];
            }
            return sum;
        }));
    }

    /**
     * Volume of the part of goal space that the front dominates, up to a reference point; more is better.
     *
     * @param reference one figure for each goal, as measured and not turned, worse than what counts
     */
    public double hypervolume(double... reference) {
        double[] losses = new double[reference.length];
        for (int i = 0; i < reference.length; i++) {
            losses[i] = goals.goals().get(i).maximise() ? -reference[i] : reference[i];
        }
        return volume(trials.stream().map(goals::losses).toList(), losses, losses.length);
    }

    /** By slices along the last of the first {@code dimensions} losses. */
    private static double volume(List<double[]> points, double[] reference, int dimensions) {
        int last = dimensions - 1;
        var inside = points.stream()
                .filter(point -> point[last] < reference[last])
                .sorted(Comparator.comparingDouble((double[] point) -> point[last]))
                .toList();
        if (inside.isEmpty()) {
            return 0;
        }
        if (dimensions == 1) {
            return reference[0] - inside.get(0)[0];
        }
        double volume = 0;
        for (int i = 0; i < inside.size(); i++) {
            double next = i + 1 < inside.size() ? inside.get(i + 1)[last] : reference[last];
            double thickness = next - inside.get(i)[last];
            if (thickness > 0) {
                volume += thickness * volume(inside.subList(0, i + 1), reference, last);
            }
        }
        return volume;
    }
}
