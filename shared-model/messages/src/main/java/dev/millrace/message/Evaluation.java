package dev.millrace.message;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Baseline and result, measured side by side in one run.
 *
 * @param metric name of the metric that the objective looks at; absent when there was no data
 * @param fidelity agreement of the outputs with the baseline's, name to value: {@code cosine}, {@code relativeError},
 *     {@code top1Agreement} …
 * @param samples how many samples the metrics were taken on
 */
public record Evaluation(
        @Nullable String metric,
        Measurements baseline,
        Measurements result,
        Map<String, Double> fidelity,
        long samples) {
    public Evaluation {
        fidelity = fidelity == null ? Map.of() : Map.copyOf(fidelity);
    }
}
