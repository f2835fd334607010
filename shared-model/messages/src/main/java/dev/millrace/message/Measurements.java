package dev.millrace.message;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was measured of one model. A figure that was not measured is absent.
 *
 * @param metrics name to value, {@code top1} …
 * @param sizeBytes model file with external data
 * @param compressedBytes the same, compressed by zstd
 * @param macs multiply-accumulates of one sample
 * @param peakMemoryBytes resident memory of a process that loads and runs the model
 * @param packedBytes the same as a packed file, for shipping
 */
public record Measurements(
        Map<String, Double> metrics,
        long sizeBytes,
        long compressedBytes,
        long parameters,
        long nonZeroParameters,
        @Nullable Long macs,
        @Nullable Double loadMillis,
        @Nullable Latency latency,
        @Nullable Long peakMemoryBytes,
        @Nullable Long packedBytes) {
    public Measurements {
        metrics = metrics == null ? Map.of() : Map.copyOf(metrics);
    }

    /** Time of one run at the stated batch and threads. */
    public record Latency(
            double p50Millis,
            double p95Millis,
            double p99Millis,
            double throughputPerSecond,
            int runs,
            int batch,
            int threads) {}
}
