package dev.millrace.pruning.structured;

import dev.millrace.onnx.Model;
import dev.millrace.onnx.channel.Observation;
import dev.millrace.onnx.channel.Slicer;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * What is left of a model after a cut, fitted where that is asked for.
 *
 * @param fit absent where it is not
 */
record Remains(CutPlan plan, Model cut, Optional<Fit> fit) {
    /** Makes the cut and the fit. */
    static Remains of(CutPlan plan, Structured.Options options, Subject subject, Observation seen) throws IOException {
        var pruned = subject.model().copy();
        Slicer.apply(pruned, seen.copy(), plan.cut());
        var fit = options.reconstructs(subject.context())
                ? Optional.of(Fit.of(subject, seen, plan.cut(), pruned))
                : Optional.<Fit>empty();
        return new Remains(plan, pruned, fit);
    }

    /**
     * What is left by the ranking that the options name. Where they name none and what is left is fitted, by both kinds of sensitivity, and
     * whichever leaves answers nearer to the model's: which it is differs from model to model.
     *
     * @param remembered widths that an earlier attempt chose
     */
    static Remains nearest(
            Structured.Options options,
            Subject subject,
            Observation seen,
            LatencySearch latency,
            Optional<int[]> remembered)
            throws IOException {
        var context = subject.context();
        var ranking = options.ranking(context);
        boolean both = options.ranking() == null
                && ranking == Ranking.SENSITIVITY
                && options.reconstructs(context)
                && remembered.isEmpty();
        if (!both) {
            return of(CutPlan.of(options, ranking, subject, seen, latency, remembered), options, subject, seen);
        }
        var early = subject.during(context.part(0, 0.5));
        var late = subject.during(context.part(0.5, 1));
        var plan = CutPlan.of(options, Ranking.SENSITIVITY, early, seen, latency, remembered);
        var first = of(plan, options, early, seen);
        var other = CutPlan.of(options, Ranking.FITTED_SENSITIVITY, late, seen, latency, remembered);
        if (Arrays.equals(other.kept(), plan.kept())) {
            return first;
        }
        var second = of(other, options, late, seen);
        return second.error() < first.error() ? second : first;
    }

    private double error() {
        return fit.map(Fit::error).orElse(0.0);
    }

    Model model() {
        return fit.map(Fit::model).orElse(cut);
    }
}
