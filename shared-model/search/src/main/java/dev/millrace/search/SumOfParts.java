package dev.millrace.search;

import dev.millrace.message.Goal;
import dev.millrace.message.RefusedException;
import dev.millrace.message.Trial;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Cheap probes, then what they promise together. The first value of every choice leaves things as they are; a probe changes
 * one choice alone, in the middle of an ordered one first. What a value does is taken to be the same in company: figures with
 * a reference above 0 multiply, all others add,
 *
 * <pre>log f(point)/f₀ ≈ Σ log f(probe)/f₀,   or   f(point) − f₀ ≈ Σ f(probe) − f₀</pre>
 *
 * corrected by how wrong that was for the measured points that share most values. By turns the point that promises most
 * under the limits is tried, and the next probe; a probe that is stronger than one that broke a limit threefold is left out.
 * So are all other strengths of what failed. Empty when neither promises a gain. One-factor-at-a-time designs are as old as
 * experiments; for compression the idea is the sensitivity analysis of Han et al. 2015 and of NNCF's accuracy-aware training.
 *
 * <p>Use it when a trial costs minutes and choices do much on their own: recipes.
 */
public record SumOfParts() implements Strategy {
    private static final int MOST_POINTS = 5_000;
    private static final double LEAST_GAIN = 0.01;
    private static final double HOPELESS = 3;

    @Override
    public String name() {
        return "parts";
    }

    @Override
    public Optional<Proposal> next(History history) {
        for (var goal : history.goals().goals()) {
            if (goal.reference() == null) {
                throw new RefusedException(
                        "BAD_GOALS", goal.figure() + ".reference", "absent", "strategy parts needs one for each goal");
            }
        }
        var points = new HashMap<List<Integer>, Trial>();
        for (var trial : history.trials()) {
            points.put(key(history.space().point(trial.values())), trial);
        }
        var known = new Known(history, points);
        boolean probesFirst =
                history.trials().size() < history.space().choices().size()
                        || history.trials().size() % 2 == 0;
        var probe = known.probe();
        var promising =
                probesFirst && probe.isPresent() ? probe : known.promising().or(() -> probe);
        return promising.map(point -> new Proposal(history.space().values(point), 0));
    }

    private static List<Integer> key(int[] point) {
        return Arrays.stream(point).boxed().toList();
    }

    /** @param points every point that was tried */
    private record Known(History history, Map<List<Integer>, Trial> points) {

        /** The next probe that is worth it. */
        Optional<int[]> probe() {
            var space = history.space();
            int most = space.choices().stream()
                    .mapToInt(choice -> choice.values().size())
                    .max()
                    .orElse(0);
            for (int round = 1; round < most; round++) {
                for (int choice = 0; choice < space.choices().size(); choice++) {
                    int count = space.choices().get(choice).values().size();
                    if (round >= count) {
                        continue;
                    }
                    int value = space.choices().get(choice).ordered() ? fromMiddle(round, count) : round;
                    int[] point = space.only(choice, value);
                    if (!points.containsKey(key(point)) && space.isValid(point) && !hopeless(point)) {
                        return Optional.of(point);
                    }
                }
            }
            return Optional.empty();
        }

        /** 1..count-1, those in the middle first. */
        private static int fromMiddle(int round, int count) {
            return IntStream.range(1, count)
                    .boxed()
                    .sorted(Comparator.comparingInt((Integer value) -> Math.abs(2 * value - count))
                            .thenComparingInt(value -> value))
                    .toList()
                    .get(round - 1);
        }

        private boolean hopeless(int[] point) {
            return IntStream.range(0, point.length).anyMatch(i -> point[i] > 0 && hopeless(i, point[i]));
        }

        private boolean hopeless(int choice, int value) {
            var asked = history.space().choices().get(choice);
            return asked.ordered()
                    && (IntStream.range(1, value).anyMatch(weaker -> breaksLimits(choice, weaker))
                            || IntStream.range(1, asked.values().size()).anyMatch(other -> failed(choice, other)));
        }

        private boolean breaksLimits(int choice, int value) {
            var trial = points.get(key(history.space().only(choice, value)));
            return trial != null
                    && history.goals().isMeasured(trial)
                    && history.goals().violation(trial) > HOPELESS - 1;
        }

        private boolean failed(int choice, int value) {
            var trial = points.get(key(history.space().only(choice, value)));
            return trial != null && trial.state() == Trial.State.FAILED;
        }

        /** The untried point that promises most, if it promises more than what was measured. */
        Optional<int[]> promising() {
            var effects = effects();
            var goals = history.goals();
            var candidates = new ArrayList<Trial>();
            var tried = history.ended();
            var all = history.space().points(MOST_POINTS, history.random());
            for (int[] point : all) {
                boolean untouched = Arrays.stream(point).allMatch(value -> value <= 0);
                double[] sum = untouched || points.containsKey(key(point)) ? null : sum(effects, point);
                if (sum != null) {
                    candidates.add(new Trial(candidates.size(), history.space().values(point), 0)
                            .done(figures(plus(sum, error(effects, point)))));
                }
            }
            var measured = Front.of(goals, tried).best().or(() -> Front.nearest(goals, tried));
            return Front.of(goals, candidates)
                    .best()
                    .or(() -> Front.nearest(goals, candidates))
                    .filter(best -> measured.map(now -> gains(best, now)).orElse(true))
                    .map(best -> history.space().point(best.values()));
        }

        private boolean gains(Trial promised, Trial now) {
            var goals = history.goals();
            if (!goals.feasible(now)) {
                return goals.violation(promised) < goals.violation(now);
            }
            double[] than = goals.losses(now);
            double[] losses = goals.losses(promised);
            return goals.feasible(promised)
                    && IntStream.range(0, losses.length)
                            .filter(i -> goals.goals().get(i).limit() == null
                                    || goals.goals().size() == 1)
                            .anyMatch(i -> losses[i] < than[i] - LEAST_GAIN * Math.abs(than[i]));
        }

        /** What each probed value does, by choice and value; later choices net of what they depend on. */
        private Map<List<Integer>, double[]> effects() {
            var effects = new HashMap<List<Integer>, double[]>();
            var space = history.space();
            for (int choice = 0; choice < space.choices().size(); choice++) {
                for (int value = 1; value < space.choices().get(choice).values().size(); value++) {
                    int[] point = space.only(choice, value);
                    double[] whole = effect(points.get(key(point)));
                    point[choice] = 0;
                    double[] rest = sum(effects, point);
                    if (whole != null && rest != null) {
                        effects.put(List.of(choice, value), minus(whole, rest));
                    }
                }
            }
            return effects;
        }

        /** Sum of the effects of a point's values; null when one is not known. */
        private double @Nullable [] sum(Map<List<Integer>, double[]> effects, int[] point) {
            double[] sum = new double[history.goals().goals().size()];
            for (int i = 0; i < point.length; i++) {
                if (point[i] > 0) {
                    double[] effect = effects.get(List.of(i, point[i]));
                    if (effect == null) {
                        return null;
                    }
                    sum = plus(sum, effect);
                }
            }
            return sum;
        }

        /** How wrong the sum was for measured points that share the most values with this one, on average. */
        private double[] error(Map<List<Integer>, double[]> effects, int[] point) {
            var byShared = new TreeMap<Integer, List<double[]>>();
            points.forEach((other, trial) -> {
                double[] measured = effect(trial);
                int[] others = other.stream().mapToInt(Integer::intValue).toArray();
                double[] sum = measured == null ? null : sum(effects, others);
                long parts = Arrays.stream(others).filter(value -> value > 0).count();
                if (measured != null && sum != null && parts > 1) {
                    int shared = (int) IntStream.range(0, point.length)
                            .filter(i -> point[i] > 0 && point[i] == others[i])
                            .count();
                    byShared.computeIfAbsent(shared, n -> new ArrayList<>()).add(minus(measured, sum));
                }
            });
            double[] mean = new double[history.goals().goals().size()];
            if (!byShared.isEmpty() && byShared.lastKey() > 0) {
                var nearest = byShared.lastEntry().getValue();
                for (double[] error : nearest) {
                    for (int i = 0; i < mean.length; i++) {
                        mean[i] += error[i] / nearest.size();
                    }
                }
            }
            return mean;
        }

        /** What a trial did to each goal's figure; null when it was not measured. */
        private double @Nullable [] effect(@Nullable Trial trial) {
            if (trial == null || !history.goals().isMeasured(trial)) {
                return null;
            }
            return history.goals().goals().stream()
                    .mapToDouble(goal -> {
                        double figure = trial.figures().getOrDefault(goal.figure(), Double.NaN);
                        return multiplies(goal)
                                ? Math.log(Math.max(figure, 1e-12) / reference(goal))
                                : figure - reference(goal);
                    })
                    .toArray();
        }

        private Map<String, Double> figures(double[] effect) {
            var figures = new HashMap<String, Double>();
            for (int i = 0; i < effect.length; i++) {
                var goal = history.goals().goals().get(i);
                figures.put(
                        goal.figure(),
                        multiplies(goal) ? reference(goal) * Math.exp(effect[i]) : reference(goal) + effect[i]);
            }
            return figures;
        }

        private static boolean multiplies(Goal goal) {
            return reference(goal) > 0;
        }

        private static double reference(Goal goal) {
            return Objects.requireNonNull(goal.reference());
        }

        private static double[] plus(double[] a, double[] b) {
            return IntStream.range(0, a.length).mapToDouble(i -> a[i] + b[i]).toArray();
        }

        private static double[] minus(double[] a, double[] b) {
            return IntStream.range(0, a.length).mapToDouble(i -> a[i] - b[i]).toArray();
        }
    }
}
