package dev.millrace.engine.train;

import java.time.Duration;

/**
 * How long to train: whichever limit comes first.
 *
 * @param epochs at most so many
 * @param maxSteps at most so many
 * @param time at most so long; a run that it ends is not repeatable to the byte
 */
public record Budget(double epochs, long maxSteps, Duration time) {
    private static final Duration FOREVER = Duration.ofDays(365);

    public static Budget epochs(double epochs) {
        return new Budget(epochs, Long.MAX_VALUE, FOREVER);
    }

    public static Budget steps(long steps) {
        return new Budget(Double.MAX_VALUE, steps, FOREVER);
    }

    public Budget within(Duration limit) {
        return new Budget(epochs, maxSteps, limit);
    }

    /** Steps of a run over data of so many batches. */
    public long stepsOver(long batchesPerEpoch) {
        double byEpochs = Math.ceil(epochs * batchesPerEpoch);
        return byEpochs >= maxSteps ? maxSteps : (long) byEpochs;
    }

    /** The fraction that is used up, 0..1 and more. */
    double used(long step, long ofSteps, Duration elapsed) {
        return Math.max((double) step / Math.max(1, ofSteps), (double) elapsed.toMillis() / time.toMillis());
    }
}
