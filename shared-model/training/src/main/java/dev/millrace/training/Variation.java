package dev.millrace.training;

import dev.millrace.engine.train.Augmentation;
import dev.millrace.engine.train.TrainingData;
import dev.millrace.stage.Option;

/**
 * Options that vary the training data each time it is seen. Teachers' answers are those to the data as it is; mix-up mixes
 * them.
 */
public record Variation(
        @Option(
                value = "Pixels by which pictures are shifted at most.",
                defaultValue = "0",
                allowed = "crop ≥ 0, smaller than the pictures")
        int crop,

        @Option(value = "Mirror half of the pictures left to right.", defaultValue = "false")
        boolean flip,

        @Option(
                value = "Standard deviation of noise on float inputs, after normalization.",
                defaultValue = "0",
                allowed = "noise ≥ 0")
        double noise,

        @Option(
                value = "α of the Beta distribution by which rows are mixed in pairs; 0.2 is usual, 0 mixes nothing.",
                defaultValue = "0",
                allowed = "0 ≤ mixUp ≤ 4")
        double mixUp) {
    public Variation {
        new Augmentation(crop, flip, noise, mixUp);
    }

    /** The data as it is to be seen. */
    TrainingData of(TrainingData data, long seed) {
        return new Augmentation(crop, flip, noise, mixUp).of(data, seed);
    }
}
