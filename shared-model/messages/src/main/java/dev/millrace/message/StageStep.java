package dev.millrace.message;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** One stage of a recipe: which service, which technique, with which options. */
public record StageStep(String stage, String technique, Map<String, JsonNode> options) {
    public StageStep {
        options = options == null ? Map.of() : Map.copyOf(options);
    }
}
