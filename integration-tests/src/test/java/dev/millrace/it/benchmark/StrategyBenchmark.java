package dev.millrace.it.benchmark;

import dev.millrace.message.Goal;
import dev.millrace.message.Trial;
import dev.millrace.search.Goals;
import dev.millrace.search.History;
import dev.millrace.search.Space;
import dev.millrace.search.Strategies;
import dev.millrace.search.Strategy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Compares strategies on a table: every architecture of a small space, 312 of them, is trained once, and
 * then searched for many times.
 *
 * <pre>{@code
 * MILLRACE_ZOO=… StrategyBenchmark table.jsonl 2000 24 200
 * }</pre>
 *
 * <p>The table is filled where it lacks an architecture: so many images of Fashion-MNIST, one epoch, scored on 1,000 others,
 * with zero-cost proxies and the seconds that each took. Then every strategy gets so many trials with so many seeds; what
 * counts is the best top-1 among architectures of at most the median MACs. The last lines are a random search that looks at
 * three candidates for each trial and trains the one that a proxy likes best, and how many trials the others need to find as much.
 */
public final class StrategyBenchmark {
    /** Of so many a proxy chooses one. */
    private static final int CANDIDATES = 3;

    private final StrategyTable table;

    private StrategyBenchmark(StrategyTable table) {
        this.table = table;
    }

    public static void main(String[] arguments) throws IOException {
        var table = new StrategyTable(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        table.fill();
        new StrategyBenchmark(table).compare(Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
    }

    private void compare(int trials, int seeds) {
        var macs = table.rows().stream().map(row -> row.get("macs")).sorted().toList();
        double limit = macs.get(macs.size() / 2);
        var goals = new Goals(List.of(new Goal("top1", true, null), new Goal("macs", false, limit)));
        double best = table.rows().stream()
                .filter(row -> row.get("macs") <= limit)
                .mapToDouble(row -> row.get("top1"))
                .max()
                .orElseThrow();
        System.out.printf(
                Locale.ROOT,
                "%d architectures, at most %.0f MACs, best %.4f; %d trials, %d seeds%n",
                table.rows().size(),
                limit,
                best,
                trials,
                seeds);
        var random = new double[seeds];
        for (var strategy : Strategies.ALL) {
            if (strategy.name().equals("parts")) {
                continue; // adds up ratios to a model that the search begins with, and there is none
            }
            var found = new double[seeds];
            for (int seed = 0; seed < seeds; seed++) {
                found[seed] = best(goals, trials(strategy, goals, trials, seed));
            }
            if (strategy.name().equals("random")) {
                random = found;
            }
            print(strategy.name(), found, random);
        }
        var rises = new TreeMap<String, double[]>();
        for (var name : List.of("random", "tpe")) {
            rises.put(name, rise(Strategies.named(name), goals, 4 * trials, seeds));
        }
        for (var proxy : StrategyTable.PROXIES) {
            var found = new double[seeds];
            for (int seed = 0; seed < seeds; seed++) {
                found[seed] = filtered(goals, trials / 2, proxy, seed);
            }
            print("half the trials, " + proxy, found, random);
            for (var rise : rises.entrySet()) {
                equal(proxy, trials / 2, mean(found), rise.getKey(), rise.getValue());
            }
        }
        System.out.printf(
                Locale.ROOT,
                "seconds of a trial %.2f, of its proxies alone %.2f%n",
                table.mean("seconds"),
                table.mean("proxySeconds"));
    }

    /** Says how much a strategy without a filter must train until it is as good as random search with one. */
    private void equal(String proxy, int trained, double reached, String strategy, double[] rise) {
        int needed = 1;
        while (needed < rise.length && rise[needed - 1] < reached) {
            needed++;
        }
        double filter = proxy.equals("parameters") ? 0 : CANDIDATES * table.mean("proxySeconds");
        double seconds = trained * (table.mean("seconds") + filter);
        System.out.printf(
                Locale.ROOT,
                "%32s %s needs %s%d trials for the front of %d filtered ones: filtered %.2f of the trials, %.2f of the time%n",
                "",
                strategy,
                rise[needed - 1] < reached ? "more than " : "",
                needed,
                trained,
                (double) trained / needed,
                seconds / (needed * table.mean("seconds")));
    }

    /** Mean over all seeds of the best after each trial. */
    private double[] rise(Strategy strategy, Goals goals, int count, int seeds) {
        var rise = new double[count];
        for (int seed = 0; seed < seeds; seed++) {
            var trials = trials(strategy, goals, count, seed);
            for (int i = 0; i < count; i++) {
                rise[i] += best(goals, trials.subList(0, i + 1)) / seeds;
            }
        }
        return rise;
    }

    private static double mean(double[] found) {
        return Arrays.stream(found).average().orElse(Double.NaN);
    }

    private static void print(String name, double[] found, double[] random) {
        double mean = mean(found);
        double wins = 0;
        for (int seed = 0; seed < found.length; seed++) {
            wins += (found[seed] > random[seed] ? 1 : found[seed] == random[seed] ? 0.5 : 0) / found.length;
        }
        double squares = 0;
        for (double each : found) {
            squares += (each - mean) * (each - mean);
        }
        System.out.printf(
                Locale.ROOT,
                "%-32s %.4f ± %.4f   better than random with the same seed %.2f%n",
                name,
                mean,
                Math.sqrt(squares / (found.length - 1.0) / found.length),
                wins);
    }

    private List<Trial> trials(Strategy strategy, Goals goals, int count, long seed) {
        var space = new Space(table.plan().choices());
        var trials = new ArrayList<Trial>();
        while (trials.size() < count) {
            var proposal =
                    strategy.next(new History(space, goals, seed, trials)).orElseThrow();
            trials.add(new Trial(trials.size(), proposal.values(), 0).done(table.row(proposal.values())));
        }
        return trials;
    }

    /** Of each three random candidates the one that the proxy likes best is trained. */
    private double filtered(Goals goals, int count, String proxy, long seed) {
        var space = new Space(table.plan().choices());
        var seen = new ArrayList<Trial>();
        var trained = new ArrayList<Trial>();
        while (trained.size() < count) {
            var three = new ArrayList<Trial>();
            while (three.size() < CANDIDATES) {
                var proposal = Strategies.named("random")
                        .next(new History(space, goals, seed, seen))
                        .orElseThrow();
                var trial = new Trial(seen.size(), proposal.values(), 0).done(table.row(proposal.values()));
                seen.add(trial);
                three.add(trial);
            }
            three.stream()
                    .max(Comparator.comparing(goals::feasible)
                            .thenComparing(trial ->
                                    Objects.requireNonNull(trial.figures().get(proxy))))
                    .ifPresent(trained::add);
        }
        return best(goals, trained);
    }

    private static double best(Goals goals, List<Trial> trials) {
        return trials.stream()
                .filter(goals::feasible)
                .mapToDouble(trial -> Objects.requireNonNull(trial.figures().get("top1")))
                .max()
                .orElse(0);
    }
}
