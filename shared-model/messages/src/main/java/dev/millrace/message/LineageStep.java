package dev.millrace.message;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How one stage turned one artifact into the next. */
public record LineageStep(
        int step,
        String stage,
        String technique,
        Map<String, JsonNode> options,
        ArtifactReference input,
        @Nullable ArtifactReference output,
        long seed,
        Map<String, String> versions,
        long durationMillis,
        boolean cached,
        Map<String, JsonNode> report) {
    public LineageStep {
        options = options == null ? Map.of() : Map.copyOf(options);
        versions = versions == null ? Map.of() : Map.copyOf(versions);
        report = report == null ? Map.of() : Map.copyOf(report);
    }
}
