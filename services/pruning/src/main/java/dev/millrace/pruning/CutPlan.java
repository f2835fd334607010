package dev.millrace.pruning;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.channel.Cut;
import dev.millrace.onnx.channel.Observation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/** What a model is to lose. */
final class CutPlan {
    /** Multiples that widths may be of where no option says; the faster counts. */
    private static final List<Integer> MULTIPLES = List.of(8, 16);

    /** How much faster the wider multiple must be. */
    private static final double CLEARLY = 0.95;

    private final Widths widths;
    private final int[] kept;
    private final List<Double> errors;
    private final Size before;
    private final Size after;

    private CutPlan(Widths widths, int[] kept, List<Double> errors, Size before, Size after) {
        this.widths = widths;
        this.kept = kept;
        this.errors = errors;
        this.before = before;
        this.after = after;
    }

    /** Makes a plan; the one of an earlier attempt if there was one. */
    static CutPlan of(Structured.Options options, Subject subject, Observation seen, LatencySearch latency)
            throws IOException {
        var counter = new Size.Counter(subject.graph(), seen, subject.groups());
        var whole = counter.of(
                subject.groups().stream().mapToInt(group -> group.size()).toArray());
        if (options.target().counts() && whole.macs() <= 0) {
            throw new RefusedException(
                    "MACS_UNKNOWN",
                    "option target",
                    "a model whose operations cannot be counted",
                    "parameters or channels");
        }
        var maker = new Maker(options, subject, counter, whole, latency);
        var scores = options.importance(subject.context()).scores(subject);
        var multiples = options.multipleOf() == null ? MULTIPLES : List.of(options.multipleOf());
        var remembered = ChosenWidths.of(subject.context().checkpoints());
        if (remembered.isPresent()) {
            var widths = maker.widths(maker.candidates(scores, multiples.get(0)));
            return maker.plan(widths, remembered.get(), List.of());
        }
        CutPlan best = null;
        double time = 0;
        for (int multiple : multiples) {
            var plan = maker.best(maker.candidates(scores, multiple), seen);
            double ratio = multiples.size() == 1 ? 0 : latency.ratio(plan.widths, plan.kept);
            if (best == null || ratio < CLEARLY * time) {
                best = plan;
                time = ratio;
            }
        }
        return Objects.requireNonNull(best);
    }

    List<Candidate> candidates() {
        return widths.candidates();
    }

    /** Channels that stay, by candidate. */
    int[] kept() {
        return kept.clone();
    }

    /** Change of the answers where a candidate alone is halved; empty where that was not tried. */
    List<Double> errors() {
        return errors;
    }

    Size before() {
        return before;
    }

    Size after() {
        return after;
    }

    /** What goes. */
    Cut cut() {
        return widths.cut(kept);
    }

    /** What all plans of a model have in common. */
    private record Maker(
            Structured.Options options, Subject subject, Size.Counter counter, Size whole, LatencySearch latency) {
        List<Candidate> candidates(List<double[]> scores, int multipleOf) {
            var candidates = new ArrayList<Candidate>();
            for (int g = 0; g < scores.size(); g++) {
                candidates.add(Candidate.of(
                        subject.graph(), subject.groups().get(g), scores.get(g), multipleOf, options.minimumWidth()));
            }
            return candidates;
        }

        Widths widths(List<Candidate> candidates) {
            return new Widths(candidates, kept -> options.target().left(whole, counter.of(kept)));
        }

        CutPlan plan(Widths widths, int[] kept, List<Double> errors) {
            return new CutPlan(widths, kept, errors, whole, counter.of(kept));
        }

        CutPlan best(List<Candidate> candidates, Observation seen) throws IOException {
            var errors = new ArrayList<Double>();
            var weighed = options.ranking(subject.context()) == Ranking.SENSITIVITY
                    ? Sensitivity.weighed(candidates, subject, seen, errors)
                    : candidates;
            var widths = widths(weighed);
            double target = 1 - options.amount();
            boolean even = options.ranking(subject.context()) == Ranking.LAYER;
            int[] kept = options.target() == Target.LATENCY
                    ? latency.within(target, widths, left -> below(widths, left, even))
                    : unhindered(widths, each -> counted(each, target, even));
            return plan(widths, kept, errors);
        }

        private int[] counted(Widths widths, double target, boolean even) {
            // Every layer's channels are a share of their own, rounded as each may be.
            return even && options.target() == Target.CHANNELS ? widths.even(target) : below(widths, target, even);
        }

        private static int[] below(Widths widths, double target, boolean even) {
            return even ? widths.evenBelow(target) : widths.cheapestBelow(target);
        }

        /** The widths chosen, or faster ones that save as much. */
        private int[] unhindered(Widths widths, Function<Widths, int[]> choose) throws IOException {
            var kept = choose.apply(widths);
            double operations = whole.macs() > 0 ? Target.MACS.left(whole, counter.of(kept)) : 1;
            if (!latency.lags(widths, kept, operations)) {
                return kept;
            }
            double target = Math.max(1 - options.amount(), widths.left().applyAsDouble(kept));
            return new KeptBack(widths, target, choose, (tried, over) -> latency.ratio(widths, tried, over))
                    .faster(kept);
        }
    }
}
