package dev.millrace.message;

import java.util.List;

/** Names of what the quality of a model is measured by. */
public final class Metrics {
    /** What labels or expected outputs in the data allow, the most telling first. */
    public static final List<String> OF_LABELS = List.of("spearman", "top1", "f1", "top5", "mse", "expected");

    /**
     * What two models' outputs on the same inputs allow, without any labels. {@code cosine} and {@code relativeError} may be
     * those of one output: {@code cosine.logits}.
     */
    public static final List<String> OF_OUTPUTS = List.of(
            "cosine", "minCosine", "relativeError", "worstSliceError", "top1Agreement", "finite", "embeddingCosine");

    /** Code of the refusal of a metric for which the data has no labels. */
    public static final String NOT_MEASURABLE = "METRIC_NOT_MEASURABLE";

    private Metrics() {}

    /** Whether this can be measured without labels. */
    public static boolean isOfOutputs(String metric) {
        return OF_OUTPUTS.contains(ofAnyOutput(metric));
    }

    /** Whether anything is measured under this name. */
    public static boolean isKnown(String metric) {
        return OF_LABELS.contains(metric) || isOfOutputs(metric);
    }

    /** Whether less of it is better; of most metrics, more is. */
    public static boolean isError(String metric) {
        return metric.equals("mse") || ofAnyOutput(metric).endsWith("Error");
    }

    private static String ofAnyOutput(String metric) {
        boolean ofOne = metric.startsWith("cosine.") || metric.startsWith("relativeError.");
        return ofOne ? metric.substring(0, metric.indexOf('.')) : metric;
    }
}
