package dev.millrace.message;

import org.jspecify.annotations.Nullable;

/** In {@code millrace.requests}: please stop this job. In {@code millrace.completed}: it was stopped. */
public record CompressionCancelled(String jobId, @Nullable String reason) {}
