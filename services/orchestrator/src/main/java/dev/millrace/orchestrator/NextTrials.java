package dev.millrace.orchestrator;

import dev.millrace.message.SearchPlan;
import dev.millrace.message.SearchProgress;
import dev.millrace.message.Trial;
import dev.millrace.search.Front;
import dev.millrace.search.Goals;
import dev.millrace.search.History;
import dev.millrace.search.Proposal;
import dev.millrace.search.Space;
import dev.millrace.search.Strategies;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Chooses what a search tries next. Pure.
 *
 * <p>Trial {@code n} is chosen from the outcomes of the trials before {@code n − window + 1}, whether or not later ones have
 * answered, and not before all of those have. The window is half as long again as trials may be out at once, so that one
 * slow trial holds up nobody for long; in return what is tried depends on the plan and the figures alone: neither on who
 * answers first nor on who died meanwhile.
 */
record NextTrials(SearchProgress search, long seed) {
    /**
     * All trials after the choice.
     *
     * @param added those that are new, the last of {@code all}
     * @param ended why the search is over; empty while trials are out
     */
    record Choice(List<Trial> all, List<Trial> added, Optional<String> ended) {}

    /** Chooses trials until enough are out, or nothing is left to try. */
    Choice choose(Instant now) {
        var trials = new ArrayList<>(search.trials());
        String reason = "";
        while (out(trials) < plan().parallel()) {
            reason = whyEnough(trials, now);
            var proposal = reason.isEmpty() ? next(trials) : Optional.<Proposal>empty();
            if (proposal.isEmpty()) {
                break;
            }
            trials.add(new Trial(
                    trials.size(), proposal.get().values(), proposal.get().rung()));
        }
        var over = out(trials) > 0
                ? Optional.<String>empty()
                : Optional.of(reason.isEmpty() ? "Nothing that was left to try promised a gain." : reason);
        return new Choice(trials, trials.subList(search.trials().size(), trials.size()), over);
    }

    private SearchPlan plan() {
        return search.plan();
    }

    private Optional<Proposal> next(List<Trial> trials) {
        var strategy = Strategies.of(plan());
        var all = new History(new Space(plan().choices()), new Goals(plan().goals()), seed, trials);
        int hidden = Math.min(window() - 1, trials.size());
        boolean answered =
                trials.subList(0, trials.size() - hidden).stream().noneMatch(trial -> trial.state() == Trial.State.OUT);
        var proposal = answered ? strategy.next(all.behind(hidden)) : Optional.<Proposal>empty();
        return proposal.isEmpty() && out(trials) == 0 ? strategy.next(all) : proposal;
    }

    private int window() {
        return plan().parallel() + plan().parallel() / 2;
    }

    private static long out(List<Trial> trials) {
        return trials.stream().filter(trial -> trial.state() == Trial.State.OUT).count();
    }

    /** Empty while trials may still be chosen. */
    private String whyEnough(List<Trial> trials, Instant now) {
        if (trials.size() >= plan().trials()) {
            return "All " + plan().trials() + " trials were made.";
        }
        var seconds = plan().seconds();
        if (seconds != null
                && !trials.isEmpty()
                && Duration.between(search.startedAt(), now).toSeconds() >= seconds) {
            return "The time of " + seconds + " s was up after " + trials.size() + " trials.";
        }
        var patience = plan().patience();
        if (patience != null) {
            int known = Math.max(0, trials.size() - (window() - 1));
            int last = Front.of(new Goals(plan().goals()), trials.subList(0, known)).trials().stream()
                    .mapToInt(Trial::number)
                    .max()
                    .orElse(-1);
            if (known - 1 - last >= patience) {
                return "The front stayed as it was for " + patience + " trials.";
            }
        }
        return "";
    }
}
