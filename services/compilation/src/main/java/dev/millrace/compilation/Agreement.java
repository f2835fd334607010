package dev.millrace.compilation;

import dev.millrace.stage.Option;

/** How near a result must stay to the model, for every technique of this stage. */
record Agreement(
        @Option(
                value = "Largest relative difference of an output on the samples that are tried.",
                defaultValue = "0.001",
                allowed = "0 ≤ tolerance ≤ 1")
        double tolerance) {
    Agreement {
        if (!(tolerance >= 0 && tolerance <= 1)) {
            throw new IllegalArgumentException("tolerance=" + tolerance);
        }
    }

    boolean allows(double difference) {
        return difference <= tolerance;
    }
}
