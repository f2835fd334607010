package dev.millrace.search;

import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
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
