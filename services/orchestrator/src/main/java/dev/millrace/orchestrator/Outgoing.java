package dev.millrace.orchestrator;

import org.jspecify.annotations.Nullable;

/** A record's way out: which topic, which bytes. A carrier, not to be compared; no bytes are a tombstone. */
@SuppressWarnings("ArrayRecordComponent")
record Outgoing(String topic, byte @Nullable [] body) {}
