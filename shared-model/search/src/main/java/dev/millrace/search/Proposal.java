package dev.millrace.search;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * What to try next.
 *
 * @param rung how much to train it; 0 without halving
 */
public record Proposal(Map<String, JsonNode> values, int rung) {}
