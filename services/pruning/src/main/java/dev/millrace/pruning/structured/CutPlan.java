package dev.millrace.pruning.structured;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.channel.Cut;
import dev.millrace.onnx.channel.Observation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a model is to lose. */
final class CutPlan {
    /** Multiples that widths may be of where no option says: the first, or what is faster where that is slow. */
    private static final List<Integer> MULTIPLES = List.of(8, 16, 1);

    /** Multiples that are tried, one after the other, where the target is not reached with those. */
    private static final List<Integer> FINER = List.of(4, 1);

    private final Widths widths;
    private final int[] kept;
    private final List<Double> errors;
    private final Size after;

    private CutPlan(Widths widths, int[] kept, List<Double> errors, Size after) {
        this.widths = widths;
        this.kept = kept;
        this.errors = errors;
        this.after = after;
    }

    /**
     * Makes a plan.
     *
     * @param remembered widths that an earlier attempt chose
     */
    static CutPlan of(
            Structured.Options options,
            Ranking ranking,
            Subject subject,
            Observation seen,
            LatencySearch latency,
            Optional<int[]> remembered)
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
        var maker = new Maker(options, ranking, subject, counter, whole, latency);
        var scores = options.importance(subject.context()).scores(subject);
        var multiples = options.multipleOf() == null ? MULTIPLES : List.of(options.multipleOf());
        if (remembered.isPresent()) {
            var widths = maker.widths(maker.candidates(scores, multiples.get(0)));
            return maker.plan(widths, remembered.get(), List.of());
        }
        var coarse = maker.best(maker.candidates(scores, multiples.get(0)), seen);
        if (options.target() == Target.LATENCY) {
            return coarse;
        }
        var plan = options.multipleOf() == null && options.target() != Target.CHANNELS
                ? maker.nearer(coarse, scores, seen)
                : coarse;
        if (!maker.lags(plan)) {
            return plan;
        }
        double most = options.mostLost(subject.context());
        var faster = plan;
        for (int multiple : multiples.subList(1, multiples.size())) {
            var other = maker.best(maker.candidates(scores, multiple), seen);
            boolean enough = maker.left(other) <= Math.max(1 - options.amount(), maker.left(plan))
                    && plan.lost(other.kept) <= most * plan.lost(plan.kept);
            if (enough && latency.isClearlyFaster(other.cut(), faster.cut())) {
                faster = other;
            }
        }
        return faster == plan || maker.lags(faster) ? maker.unhindered(faster) : faster;
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

    Size after() {
        return after;
    }

    /** What channels are worth that go where so many of each candidate stay. */
    private double lost(int[] left) {
        double lost = 0;
        for (int c = 0; c < left.length; c++) {
            var candidate = candidates().get(c);
            lost += candidate.worth(candidate.size(), left[c]);
        }
        return lost;
    }

    /** What goes. */
    Cut cut() {
        return widths.cut(kept);
    }

    /** What all plans of a model have in common. */
    private record Maker(
            Structured.Options options,
            Ranking ranking,
            Subject subject,
            Size.Counter counter,
            Size whole,
            LatencySearch latency) {
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
            return new CutPlan(widths, kept, errors, counter.of(kept));
        }

        CutPlan best(List<Candidate> candidates, Observation seen) throws IOException {
            var errors = new ArrayList<Double>();
            var weighed = weighed(candidates, seen, errors);
            var widths = widths(weighed);
            double target = 1 - options.amount();
            boolean even = ranking == Ranking.LAYER;
            int[] kept = options.target() == Target.LATENCY
                    ? latency.within(target, widths, left -> below(widths, left, even))
                    : counted(widths, target, even);
            return plan(widths, kept, errors);
        }

        private List<Candidate> weighed(List<Candidate> candidates, Observation seen, List<Double> errors)
                throws IOException {
            boolean fits = ranking == Ranking.FITTED_SENSITIVITY;
            return fits || ranking == Ranking.SENSITIVITY
                    ? Sensitivity.weighed(candidates, subject, seen, fits, errors)
                    : candidates;
        }

        private int[] counted(Widths widths, double target, boolean even) {
            // Every layer's channels are a share of their own, rounded as each may be.
            return even && options.target() == Target.CHANNELS ? widths.even(target) : below(widths, target, even);
        }

        private static int[] below(Widths widths, double target, boolean even) {
            return even ? widths.evenBelow(target) : widths.cheapestBelow(target);
        }

        /** Whether the plan saves so much less time than operations that some width may be slower than a wider one. */
        boolean lags(CutPlan plan) throws IOException {
            return latency.lags(plan.cut(), whole.macs() > 0 ? Target.MACS.left(whole, plan.after) : 1);
        }

        double left(CutPlan plan) {
            return options.target().left(whole, plan.after);
        }

        /** The plan, or, where it misses the target, one of finer steps that comes nearer and is no slower than the whole. */
        CutPlan nearer(CutPlan plan, List<double[]> scores, Observation seen) throws IOException {
            var nearest = plan;
            for (int multiple : FINER) {
                if (left(nearest) <= 1 - options.amount()) {
                    break;
                }
                var other = best(candidates(scores, multiple), seen);
                if (left(other) < left(nearest) && latency.isNoSlower(other.cut())) {
                    nearest = other;
                }
            }
            return nearest;
        }

        /** The plan, or a faster one that saves as much. */
        CutPlan unhindered(CutPlan plan) throws IOException {
            double target = 1 - options.amount();
            boolean even = ranking == Ranking.LAYER;
            var widths = plan.widths;
            double allowed = Math.max(target, widths.left().applyAsDouble(plan.kept));
            KeptBack.Times times = (tried, over) -> latency.isClearlyFaster(widths.cut(tried), widths.cut(over));
            var faster = new KeptBack(widths, allowed, each -> counted(each, target, even), times).faster(plan.kept);
            return plan(widths, faster, plan.errors);
        }
    }
}
