package dev.millrace.search;

import dev.millrace.message.Trial;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Reinforcement learning: a policy {@code π} of one softmax for each choice, trained by REINFORCE with a baseline (Williams
 * 1992; for architectures Zoph and Le 2017, Neural architecture search with reinforcement learning). For each trial in
 * turn, and each choice that it made,
 *
 * <pre>θ += rate · (R − mean R) · ∇θ log π(value)</pre>
 *
 * where {@code R} falls evenly from 1 for the best trial to 0 for the worst: only the order counts. A share {@code explore}
 * of the values is drawn evenly, so that no value is ever lost. Costs O(trials · values) a step beside the ranking.
 *
 * <p>Use it when choices matter each on their own; it does not see what two choices do together.
 *
 * @param rate above 0
 * @param explore 0..1
 */
public record PolicyGradient(double rate, double explore) implements Strategy {
    private static final int PASSES = 3;

    public PolicyGradient {
        if (!(rate > 0) || !(explore >= 0 && explore <= 1)) {
            throw new IllegalArgumentException("rate " + rate + ", explore " + explore);
        }
    }

    /** Quick enough for searches of fifty trials. */
    public PolicyGradient() {
        this(3, 0.05);
    }

    @Override
    public String name() {
        return "reinforce";
    }

    @Override
    public Optional<Proposal> next(History history) {
        var random = history.random();
        var space = history.space();
        double[][] policy = policy(history);
        return history.fresh(random, () -> {
            int[] point = new int[policy.length];
            for (int i = 0; i < point.length; i++) {
                point[i] = space.exists(point, i) ? draw(policy[i], random) : Space.ABSENT;
            }
            return point;
        });
    }

    private int draw(double[] logits, RandomGenerator random) {
        return random.nextDouble() < explore ? random.nextInt(logits.length) : Weighted.draw(softmax(logits), random);
    }

    /** @return logits by choice and value */
    private double[][] policy(History history) {
        var choices = history.space().choices();
        double[][] logits = new double[choices.size()][];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = new double[choices.get(i).values().size()];
        }
        List<Trial> ended = history.ended();
        if (ended.size() < 2) {
            return logits;
        }
        var ranked = Ranking.of(history.goals(), ended);
        for (int pass = 0; pass < PASSES; pass++) {
            for (int place = ranked.size() - 1; place >= 0; place--) {
                double advantage = 0.5 - (double) place / (ranked.size() - 1);
                climb(logits, history.space().point(ranked.get(place).values()), advantage * rate / PASSES);
            }
        }
        return logits;
    }

    private static void climb(double[][] logits, int[] point, double step) {
        for (int i = 0; i < point.length; i++) {
            if (point[i] != Space.ABSENT) {
                double[] chance = softmax(logits[i]);
                for (int v = 0; v < chance.length; v++) {
                    logits[i][v] += step * ((v == point[i] ? 1 : 0) - chance[v]);
                }
            }
        }
    }

    private static double[] softmax(double[] logits) {
        double[] chance = new double[logits.length];
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            chance[i] = Math.exp(logits[i]);
            sum += chance[i];
        }
        for (int i = 0; i < logits.length; i++) {
            chance[i] /= sum;
        }
        return chance;
    }
}
