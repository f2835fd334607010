package dev.millrace.search;

import java.util.Optional;

/**
 * Points at random, none twice (Bergstra and Bengio 2012, Random search for hyper-parameter optimization). Costs nothing.
 * The control that every other strategy must beat; also right when there are about as many trials as can run at once.
 */
public record RandomSearch() implements Strategy {
    @Override
    public String name() {
        return "random";
    }

    @Override
    public Optional<Proposal> next(History history) {
        var random = history.random();
        return history.fresh(random, () -> history.space().random(random));
    }
}
