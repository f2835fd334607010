package dev.millrace.message;

/** Whoever works on this task: stop, nobody wants it any more. */
public record TaskCancelled(String jobId, String taskId) {}
