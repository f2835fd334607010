package dev.millrace.search;

import dev.millrace.message.Goal;
import dev.millrace.message.RefusedException;
import dev.millrace.message.Trial;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * What a search wants: figures to make better at the same time, and limits.
 *
 * <p>Losses are figures turned so that less is better. Trials are compared by Deb's rules: of two feasible ones the one
 * that dominates is better, a feasible one is better than one that breaks a limit, and of two that break limits the one that
 * breaks them less is (Deb 2000, An efficient constraint handling method for genetic algorithms).
 */
public record Goals(List<Goal> goals) {
    /**
     * @throws RefusedException {@code BAD_GOALS} if there is none, one occurs twice or a limit is no number
     */
    public Goals {
        goals = List.copyOf(goals);
        if (goals.isEmpty()) {
            throw new RefusedException("BAD_GOALS", "goals", "none", "at least one figure to make better");
        }
        var figures = new HashSet<String>();
        for (var goal : goals) {
            if (!figures.add(goal.figure())) {
                throw new RefusedException("BAD_GOALS", "goals", "'" + goal.figure() + "' twice", "each figure once");
            }
            if (goal.limit() != null && !Double.isFinite(goal.limit())) {
                throw new RefusedException("BAD_GOALS", goal.figure() + ".limit", goal.limit() + "", "a number");
            }
        }
    }

    /** The first figure that a goal names and a finished trial lacks, or has as something that is no number. */
    public Optional<String> missing(Trial trial) {
        return goals.stream()
                .map(Goal::figure)
                .filter(figure -> !Double.isFinite(trial.figures().getOrDefault(figure, Double.NaN)))
                .findFirst();
    }

    /** Whether the trial is done, measured all goals and keeps all limits. */
    public boolean feasible(Trial trial) {
        return isMeasured(trial) && violation(trial) == 0;
    }

    /** Whether the trial is done and measured all goals. */
    boolean isMeasured(Trial trial) {
        return trial.state() == Trial.State.DONE && missing(trial).isEmpty();
    }

    /** How far a measured trial breaks the limits: the sum of the excesses, each over the size of its limit; 0 when none. */
    public double violation(Trial trial) {
        double sum = 0;
        for (var goal : goals) {
            if (goal.limit() != null) {
                double excess = loss(goal, trial) - (goal.maximise() ? -goal.limit() : goal.limit());
                sum += Math.max(0, excess) / Math.max(Math.abs(goal.limit()), 1e-9);
            }
        }
        return sum;
    }

    /** @return one number for each goal, less is better */
    double[] losses(Trial trial) {
        double[] losses = new double[goals.size()];
        for (int i = 0; i < losses.length; i++) {
            losses[i] = loss(goals.get(i), trial);
        }
        return losses;
    }

    private static double loss(Goal goal, Trial trial) {
        double figure = trial.figures().getOrDefault(goal.figure(), Double.NaN);
        return goal.maximise() ? -figure : figure;
    }

    /** Whether {@code a} is at least as good in everything and better in something; both have the same length. */
    static boolean dominates(double[] a, double[] b) {
        boolean better = false;
        for (int i = 0; i < a.length; i++) {
            if (!(a[i] <= b[i])) {
                return false;
            }
            better |= a[i] < b[i];
        }
        return better;
    }
}
