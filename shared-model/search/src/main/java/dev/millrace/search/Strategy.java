package dev.millrace.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A way to choose what to try next: a pure function of what is known. */
public interface Strategy {
    /** Name in a search plan. */
    String name();

    /** The next point, one that was not tried before; empty when there is none left. */
    Optional<Proposal> next(History history);

    /** The next points, chosen without knowing of each other's outcomes; fewer than wanted when there are no more. */
    default List<Proposal> next(History history, int wanted) {
        var proposals = new ArrayList<Proposal>();
        var known = history;
        while (proposals.size() < wanted) {
            var proposal = next(known);
            if (proposal.isEmpty()) {
                break;
            }
            proposals.add(proposal.get());
            known = known.and(proposal.get());
        }
        return proposals;
    }
}
