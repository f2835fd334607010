package dev.millrace.search;

import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import dev.millrace.message.SearchPlan;
import java.util.List;

/** Every strategy with its default settings. */
public final class Strategies {
    public static final List<Strategy> ALL = List.of(
            new RandomSearch(),
            new RegularizedEvolution(),
            new NonDominatedSorting(),
            new PolicyGradient(),
            new TreeParzen(),
            new SumOfParts());

    private Strategies() {}

    /**
     * The strategy of a plan, halving included.
     *
     * @throws RefusedException {@code BAD_HALVING}, {@code UNKNOWN_STRATEGY}
     */
    public static Strategy of(SearchPlan plan) {
        var strategy = named(plan.strategy());
        var halving = plan.halving();
        if (halving == null) {
            return strategy;
        }
        if (halving.rungs() < 2 || halving.factor() < 2) {
            throw new RefusedException(
                    "BAD_HALVING", "halving", halving.rungs() + " rungs by " + halving.factor(), "2 or more of each");
        }
        return new SuccessiveHalving(strategy, halving.rungs(), halving.factor());
    }

    /** @throws RefusedException {@code UNKNOWN_STRATEGY} with the known ones */
    public static Strategy named(String name) {
        return ALL.stream()
                .filter(strategy -> strategy.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        "UNKNOWN_STRATEGY",
                        "strategy",
                        "'" + name + "'",
                        NearestName.choices(
                                name, ALL.stream().map(Strategy::name).toList())));
    }
}
