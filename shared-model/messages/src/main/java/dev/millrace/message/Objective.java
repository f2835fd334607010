package dev.millrace.message;

import org.jspecify.annotations.Nullable;

/**
 * When a result is good enough.
 *
 * @param metric name of the metric ({@code top1}, {@code f1}, {@code cosine} …); absent means the metric that the data
 *     allows: {@code top1} with labels, else {@code cosine} to the original model
 * @param maxDrop largest allowed fall of the metric against the original model, absolute; absent means no limit
 * @param minimise what the result must have less of than the original
 */
public record Objective(
        @Nullable String metric,
        @Nullable Double maxDrop,
        @Nullable Minimise minimise) {}
