package dev.millrace.message;

import java.util.Map;

/**
 * How far an attempt is.
 *
 * @param fraction 0..1
 * @param activity what it is doing, for people
 * @param metrics live figures, name to value
 */
public record TaskProgressed(
        String jobId,
        String taskId,
        int step,
        String stage,
        double fraction,
        String activity,
        Map<String, Double> metrics,
        int attempt) {
    public TaskProgressed {
        metrics = metrics == null ? Map.of() : Map.copyOf(metrics);
    }
}
