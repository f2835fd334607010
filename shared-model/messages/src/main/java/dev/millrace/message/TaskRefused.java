package dev.millrace.message;

/** A task that no attempt could do: the input is at fault. */
public record TaskRefused(String jobId, String taskId, int step, String stage, Problem problem) {}
