package dev.millrace.gateway;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Jobs, newest first.
 *
 * @param next value of {@code after} for the next page; absent on the last
 */
public record JobPage(List<JobSummary> jobs, @Nullable String next) {}
