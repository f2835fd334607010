package dev.millrace.engine.train;

import java.util.function.DoubleUnaryOperator;

/**
 * The learning rate over a run.
 *
 * @param peak the highest rate, reached after warm-up
 * @param warmup fraction of the run over which the rate rises from nothing, 0..1
 * @param decay how it falls afterwards
 */
public record Schedule(double peak, double warmup, Decay decay) {
    /** The factor on the peak, from the fraction of the run behind the warm-up. */
    public enum Decay {
        CONSTANT(done -> 1),
        LINEAR(done -> 1 - done),
        COSINE(done -> (1 + Math.cos(Math.PI * done)) / 2),
        /** A tenth after half of the run, a hundredth after three quarters. */
        STEPS(done -> done < 0.5 ? 1 : done < 0.75 ? 0.1 : 0.01);

        private final DoubleUnaryOperator factor;

        Decay(DoubleUnaryOperator factor) {
            this.factor = factor;
        }
    }

    public Schedule {
        if (!(peak > 0) || warmup < 0 || warmup >= 1) {
            throw new IllegalArgumentException("peak " + peak + ", warmup " + warmup + ": above 0, and 0 to below 1");
        }
    }

    /** The same course with another highest rate. */
    public Schedule peaking(double rate) {
        return new Schedule(rate, warmup, decay);
    }

    public static Schedule constant(double rate) {
        return new Schedule(rate, 0, Decay.CONSTANT);
    }

    /** What suits most: 5 % warm-up, then down along a cosine. */
    public static Schedule cosine(double peak) {
        return new Schedule(peak, 0.05, Decay.COSINE);
    }

    /** The rate when a fraction {@code done} of the run, 0..1, is behind. */
    public double rate(double done) {
        if (done < warmup) {
            return peak * Math.max(done, 1e-3) / warmup;
        }
        return peak * decay.factor.applyAsDouble((Math.min(done, 1) - warmup) / (1 - warmup));
    }
}
