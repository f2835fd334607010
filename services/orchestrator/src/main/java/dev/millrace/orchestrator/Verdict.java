package dev.millrace.orchestrator;

import dev.millrace.message.Evaluation;
import dev.millrace.message.Measurements;
import dev.millrace.message.Metrics;
import dev.millrace.message.Minimise;
import dev.millrace.message.Objective;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What an evaluation says about a model in the light of the objective.
 *
 * <p>The metric may fall by {@code maxDrop} at most, and the figure to minimise must be smaller than the original's. What
 * was not measured is not met. Without an objective every measured model will do.
 *
 * @param objective null when none was asked for
 * @param withinDrop whether the metric fell by no more than allowed
 * @param smaller whether the figure to minimise is smaller than the original's
 * @param drop how far the metric fell, in its own unit; NaN where it was not measured
 * @param ratio figure to minimise over the original's; NaN where it was not measured or nothing is to be minimised
 * @param notes what a reader must know, in sentences
 */
record Verdict(
        @Nullable Objective objective,
        boolean withinDrop,
        boolean smaller,
        double drop,
        double ratio,
        List<String> notes) {
    static Verdict of(@Nullable Objective objective, Evaluation evaluation) {
        var notes = new ArrayList<String>();
        double drop = Double.NaN;
        boolean withinDrop = true;
        if (objective != null && objective.maxDrop() != null) {
            String metric = objective.metric() != null ? objective.metric() : evaluation.metric();
            drop = metric == null ? Double.NaN : drop(metric, evaluation);
            withinDrop = drop <= objective.maxDrop();
            if (Double.isNaN(drop)) {
                notes.add("Objective not met: " + (metric == null ? "no metric" : metric) + " was not measured.");
            } else if (!withinDrop) {
                notes.add("Objective not met: " + metric + " fell by " + figure(drop) + ", allowed is "
                        + figure(objective.maxDrop()) + ".");
            }
        }
        var minimise = objective == null ? null : objective.minimise();
        double ratio = minimise == null ? Double.NaN : ratio(minimise, evaluation);
        boolean smaller = minimise == null || ratio < 1;
        if (minimise != null && !smaller) {
            notes.add("Objective not met: " + words(minimise) + " "
                    + (Double.isNaN(ratio) ? "was not measured." : "is not less than the original's."));
        }
        return new Verdict(objective, withinDrop, smaller, drop, ratio, List.copyOf(notes));
    }

    boolean met() {
        return withinDrop && smaller;
    }

    /** Whether this model is the one to report rather than the other, which was measured before. */
    boolean betterThan(Verdict other) {
        if (met() != other.met()) {
            return met();
        }
        if (withinDrop != other.withinDrop) {
            return withinDrop;
        }
        if (!withinDrop) {
            return drop < other.drop || Double.isNaN(other.drop);
        }
        return Double.isNaN(ratio) ? Double.isNaN(other.ratio) : !(ratio >= other.ratio);
    }

    /** How far the metric fell from the original model to the result. */
    private static double drop(String metric, Evaluation evaluation) {
        boolean error = Metrics.isError(metric);
        Double before = evaluation.baseline().metrics().get(metric);
        Double after = evaluation.result().metrics().get(metric);
        if (before == null || after == null) {
            before = error ? 0.0 : 1.0; // the original agrees with itself
            after = evaluation.fidelity().get(metric);
        }
        if (after == null) {
            return Double.NaN;
        }
        return error ? after - before : before - after;
    }

    private static double ratio(Minimise minimise, Evaluation evaluation) {
        var before = figure(minimise, evaluation.baseline());
        var after = figure(minimise, evaluation.result());
        return before.isPresent() && after.isPresent() && before.getAsDouble() > 0
                ? after.getAsDouble() / before.getAsDouble()
                : Double.NaN;
    }

    private static OptionalDouble figure(Minimise minimise, Measurements of) {
        return switch (minimise) {
            case BYTES -> optional(of.sizeBytes());
            case PACKED -> optional(of.packedBytes());
            case LATENCY ->
                of.latency() == null
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(of.latency().p50Millis());
            case MEMORY -> optional(of.peakMemoryBytes());
            case MACS -> optional(of.macs());
        };
    }

    private static OptionalDouble optional(@Nullable Long value) {
        return value == null ? OptionalDouble.empty() : OptionalDouble.of((double) value);
    }

    private static String words(Minimise minimise) {
        return switch (minimise) {
            case BYTES -> "file size";
            case PACKED -> "packed size";
            case LATENCY -> "median latency";
            case MEMORY -> "peak memory";
            case MACS -> "the number of multiply-accumulates";
        };
    }

    /** Four significant digits. */
    private static String figure(double value) {
        if (!Double.isFinite(value)) {
            return Double.toString(value);
        }
        return new BigDecimal(value)
                .round(new MathContext(4))
                .stripTrailingZeros()
                .toPlainString();
    }
}
