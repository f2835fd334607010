package dev.millrace.gateway;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Jobs for the tests. */
final class Snapshots {
    static final Instant START = Instant.parse("2026-11-25T00:00:00Z");

    private Snapshots() {}

    static JobChanged job(String id, JobState state, int createdSecond) {
        var request = new CompressionRequested(
                ArtifactReference.of("file:/models/a.onnx"), Map.of(), List.of(), null, null, 0, null, "name of " + id);
        var created = START.plusSeconds(createdSecond);
        return new JobChanged(id, state, request, null, List.of(), null, null, null, null, created, created);
    }
}
