package dev.millrace.orchestrator;

import dev.millrace.message.RefusedException;
import dev.millrace.message.RequestRules;
import dev.millrace.message.SearchPlan;
import dev.millrace.search.Goals;
import dev.millrace.search.Space;
import dev.millrace.search.Strategies;
import dev.millrace.search.SuccessiveHalving;

/** What a search plan must be before its first trial. */
final class SearchRules {
    private SearchRules() {}

    /** @throws RefusedException if the plan holds nothing to search, contradicts itself or can never end */
    static void check(SearchPlan plan) {
        new Space(plan.choices());
        new Goals(plan.goals());
        var strategy = Strategies.of(plan);
        within("trials", plan.trials(), RequestRules.MAX_TRIALS);
        within("parallel", plan.parallel(), RequestRules.MAX_PARALLEL);
        if (plan.seconds() != null && plan.seconds() <= 0) {
            throw new RefusedException("BAD_BUDGET", "seconds", plan.seconds().toString(), "1 or more");
        }
        if (strategy instanceof SuccessiveHalving halving && plan.trials() < halving.leastTrials()) {
            throw new RefusedException(
                    "BAD_BUDGET",
                    "trials",
                    Integer.toString(plan.trials()),
                    "at least " + halving.leastTrials() + ", so that one of them is trained in full");
        }
    }

    private static void within(String where, int found, int most) {
        if (found < 1 || found > most) {
            throw new RefusedException("BAD_BUDGET", where, Integer.toString(found), "1 to " + most);
        }
    }
}
