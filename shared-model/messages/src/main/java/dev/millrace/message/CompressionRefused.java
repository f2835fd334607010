package dev.millrace.message;

import org.jspecify.annotations.Nullable;

/** A request that cannot be met, and why. */
public record CompressionRefused(String jobId, @Nullable String name, Problem problem) {}
