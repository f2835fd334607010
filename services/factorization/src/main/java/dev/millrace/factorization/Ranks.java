package dev.millrace.factorization;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** How the ranks of all layers are chosen. */
enum Ranks {
    /** Each layer keeps this share of its energy, if it gets smaller so. */
    ENERGY {
        @Override
        List<Choice> choose(List<Candidate> candidates, double keep) {
            return candidates.stream()
                    .map(candidate -> candidate.choices().stream()
                            .filter(choice -> choice.error() <= 1 - keep)
                            .filter(choice -> choice.cost().parameters()
                                    < candidate.whole().cost().parameters())
                            .findFirst()
                            .orElse(candidate.whole()))
                    .toList();
        }
    },

    /** All layers together keep this share of their weights. */
    PARAMETERS {
        @Override
        List<Choice> choose(List<Candidate> candidates, double keep) {
            return cheapest(candidates, keep, choice -> choice.cost().parameters());
        }
    },

    /** All layers together keep this share of their multiply-accumulates; needs calibration data. */
    MACS {
        @Override
        List<Choice> choose(List<Candidate> candidates, double keep) {
            return cheapest(candidates, keep, choice -> choice.cost().macs());
        }
    },

    /** All layers together keep this share of the time that each takes alone; needs calibration data. */
    LATENCY {
        @Override
        List<Choice> choose(List<Candidate> candidates, double keep) {
            return cheapest(candidates, keep, choice -> choice.cost().nanos());
        }
    };

    private static final int HALVINGS = 60;

    /**
     * A layer and what it could become.
     *
     * @param whole the layer as it is
     * @param choices cheapest first
     * @param weight what an error of the layer is worth
     */
    record Candidate(Layer layer, Choice whole, List<Choice> choices, double weight) {}

    /** Whether costs are known only where the model was run. */
    boolean needsData() {
        return this == MACS || this == LATENCY;
    }

    /** One choice for each candidate. */
    abstract List<Choice> choose(List<Candidate> candidates, double keep);

    /**
     * Least weighted error within a budget: each layer takes the choice of least {@code error + price · cost}, and the price
     * is the lowest at which all fit.
     */
    private static List<Choice> cheapest(List<Candidate> candidates, double keep, ToLongFunction<Choice> cost) {
        double budget = keep
                * candidates.stream()
                        .mapToLong(candidate -> cost.applyAsLong(candidate.whole()))
                        .sum();
        double low = 1e-18;
        double high = 1;
        for (int i = 0; i < HALVINGS; i++) {
            double price = Math.sqrt(low * high);
            long spent = at(price, candidates, cost).stream().mapToLong(cost).sum();
            if (spent > budget) {
                low = price;
            } else {
                high = price;
            }
        }
        return at(high, candidates, cost);
    }

    private static List<Choice> at(double price, List<Candidate> candidates, ToLongFunction<Choice> cost) {
        var chosen = new ArrayList<Choice>();
        for (var candidate : candidates) {
            var best = candidate.whole();
            double least = price * cost.applyAsLong(best);
            for (var choice : candidate.choices()) {
                double loss = candidate.weight() * choice.error() + price * cost.applyAsLong(choice);
                if (loss < least) {
                    best = choice;
                    least = loss;
                }
            }
            chosen.add(best);
        }
        return chosen;
    }
}
