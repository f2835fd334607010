package dev.millrace.search;

import dev.millrace.message.Trial;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Successive halving without waiting (ASHA: Li et al. 2020, A system for massively parallel hyperparameter tuning) under any
 * strategy. A trial that is among the best {@code 1/factor} of those that ended on its rung, and is not on the next rung
 * yet, is trained {@code factor} times as long there; highest rung first. Where no trial may rise, the inner strategy
 * chooses a new point for rung 0. It learns from the highest rung that has enough trials (as BOHB: Falkner et al. 2018).
 *
 * <p>Use it when training is what a trial costs and short training tells good from bad: the same number of full trainings
 * then pays for several times the points.
 *
 * @param rungs at least 2
 * @param factor at least 2
 */
public record SuccessiveHalving(Strategy inner, int rungs, int factor) implements Strategy {
    private static final int ENOUGH = 10;

    public SuccessiveHalving {
        if (rungs < 2 || factor < 2) {
            throw new IllegalArgumentException("rungs " + rungs + ", factor " + factor);
        }
    }

    @Override
    public String name() {
        return inner.name();
    }

    /** Share of the full training on a rung, 1 on the last. */
    public double budget(int rung) {
        return Math.pow(factor, rung - (rungs - 1));
    }

    /** Trials that it takes until one is trained in full. */
    public int leastTrials() {
        return IntStream.range(0, rungs)
                .map(rung -> (int) Math.pow(factor, rung))
                .sum();
    }

    @Override
    public Optional<Proposal> next(History history) {
        for (int rung = rungs - 2; rung >= 0; rung--) {
            var risen = rising(history, rung);
            if (risen.isPresent()) {
                return risen;
            }
        }
        return inner.next(bottom(history)).or(() -> lastOnes(history));
    }

    private Optional<Proposal> rising(History history, int rung) {
        var here = on(rung, history.ended());
        return best(history, rung, here.size() / factor);
    }

    /** When there is nothing new to try and nothing out, the best ones rise though they are few. */
    private Optional<Proposal> lastOnes(History history) {
        int highest = history.trials().stream().mapToInt(Trial::rung).max().orElse(0);
        boolean nothingOut = history.ended().size() == history.trials().size();
        return nothingOut && highest < rungs - 1 ? best(history, highest, 1) : Optional.empty();
    }

    /** The best of the first {@code count} trials on a rung that is not on the next one. */
    private static Optional<Proposal> best(History history, int rung, int count) {
        var above = new HashSet<>();
        on(rung + 1, history.trials()).forEach(trial -> above.add(trial.values()));
        return Ranking.of(history.goals(), on(rung, history.ended())).stream()
                .limit(count)
                .filter(history.goals()::isMeasured)
                .filter(trial -> !above.contains(trial.values()))
                .findFirst()
                .map(trial -> new Proposal(trial.values(), rung + 1));
    }

    private static List<Trial> on(int rung, List<Trial> trials) {
        return trials.stream().filter(trial -> trial.rung() == rung).toList();
    }

    /** One trial for each point, with what the learning rung says about it; what it does not know counts as out. */
    private History bottom(History history) {
        int enough = Math.max(ENOUGH, history.space().choices().size());
        int learning = IntStream.iterate(rungs - 1, rung -> rung - 1)
                .limit(rungs)
                .filter(rung -> on(rung, history.ended()).size() >= enough)
                .findFirst()
                .orElse(0);
        Map<Object, Trial> known = new HashMap<>();
        on(learning, history.ended()).forEach(trial -> known.put(trial.values(), trial));
        var points = new ArrayList<Trial>();
        for (var trial : on(0, history.trials())) {
            var same = known.get(trial.values());
            points.add(
                    same == null
                            ? new Trial(points.size(), trial.values(), 0)
                            : new Trial(
                                    points.size(),
                                    trial.values(),
                                    0,
                                    same.state(),
                                    same.figures(),
                                    List.of(),
                                    null,
                                    same.problem()));
        }
        return new History(history.space(), history.goals(), history.seed(), points);
    }
}
