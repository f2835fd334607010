package dev.millrace.search;

import dev.millrace.message.Trial;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * All that is known when the next trial is chosen.
 *
 * @param seed of everything random; two histories that are equal lead to the same choice
 * @param trials all that were chosen so far, by number; those still out have no figures yet
 */
public record History(Space space, Goals goals, long seed, List<Trial> trials) {
    /** How often a strategy may repeat itself before a random point takes the place of what it found. */
    private static final int TRIES = 50;

    public History {
        trials = List.copyOf(trials);
    }

    /**
     * What is known if answers count in the order of the questions: of the last {@code window} trials nothing, even where
     * they are done. With it, what is tried does not depend on who answers first.
     */
    public History behind(int window) {
        int known = Math.max(0, trials.size() - window);
        var seen = new ArrayList<>(trials.subList(0, known));
        trials.subList(known, trials.size())
                .forEach(trial -> seen.add(new Trial(trial.number(), trial.values(), trial.rung())));
        return new History(space, goals, seed, seen);
    }

    /** This history and one more trial that is out. */
    History and(Proposal proposal) {
        var more = new ArrayList<>(trials);
        more.add(new Trial(trials.size(), proposal.values(), proposal.rung()));
        return new History(space, goals, seed, more);
    }

    /** Trials that are no longer out. */
    List<Trial> ended() {
        return trials.stream().filter(trial -> trial.state() != Trial.State.OUT).toList();
    }

    /** Random numbers for the choice of the next trial. */
    RandomGenerator random() {
        return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + trials.size());
    }

    /** The first valid point from {@code source} that was not tried, else any that was not tried; empty when all were. */
    Optional<Proposal> fresh(RandomGenerator random, Supplier<int[]> source) {
        Set<List<Integer>> tried = new HashSet<>();
        trials.forEach(trial -> tried.add(key(space.point(trial.values()))));
        for (int i = 0; i < TRIES; i++) {
            int[] point = source.get();
            if (!tried.contains(key(point)) && space.isValid(point)) {
                return Optional.of(new Proposal(space.values(point), 0));
            }
        }
        return space.untried(random, point -> tried.contains(key(point)))
                .map(point -> new Proposal(space.values(point), 0));
    }

    private static List<Integer> key(int[] point) {
        return Arrays.stream(point).boxed().toList();
    }
}
