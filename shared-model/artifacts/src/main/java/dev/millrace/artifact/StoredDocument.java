package dev.millrace.artifact;

import java.time.Instant;

/**
 * A document that is in a store.
 *
 * @param usedAt when it was stored or read last, to the minute
 */
public record StoredDocument(String key, Instant usedAt) {}
