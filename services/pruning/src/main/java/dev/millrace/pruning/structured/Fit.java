package dev.millrace.pruning.structured;

import dev.millrace.onnx.Model;
import dev.millrace.onnx.channel.Cut;
import dev.millrace.onnx.channel.Observation;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A model after a cut, fitted by {@link Reconstruction} where that brings its answers nearer to those of the whole.
 *
 * @param layers that were fitted; 0 where the model stays as it was cut
 * @param errorCut of the answers before the fitting, {@code Σ‖y − r‖² / Σ‖r‖²}
 * @param errorFitted of the answers after it
 */
record Fit(Model model, int layers, double errorCut, double errorFitted) {
    /**
     * @param original the whole model
     * @param seen its dims
     * @param cut what went from it
     * @param pruned what is left; stays as it is
     */
    static Fit of(Subject original, Observation seen, Cut cut, Model pruned) throws IOException {
        var answers = new Answers(original);
        var fitted = pruned.copy();
        int layers = Reconstruction.fit(original, seen, cut, fitted);
        double before = answers.error(pruned);
        double after = answers.error(fitted);
        return after <= before ? new Fit(fitted, layers, before, after) : new Fit(pruned, 0, before, after);
    }

    /** Of the answers of what is left. */
    double error() {
        return Math.min(errorCut, errorFitted);
    }

    /** What a report says of it. */
    Map<String, Number> told() {
        return Map.of("fittedLayers", layers, "errorCut", errorCut, "errorFitted", errorFitted);
    }

    List<String> notes() {
        return errorFitted <= errorCut
                ? List.of()
                : List.of("Fitting moved the answers away from the model's on the samples, and was left out.");
    }
}
