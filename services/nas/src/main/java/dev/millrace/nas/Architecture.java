package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A value for every knob of a space.
 *
 * @param values by knob, {@code "kernel"}, or by knob and stage, {@code "kernel.2"}
 */
record Architecture(Map<String, JsonNode> values) implements Blend {
    Architecture {
        values = Map.copyOf(values);
    }

    int whole(String knob) {
        return value(knob).intValue();
    }

    /** @param stage from 0 */
    int whole(String knob, int stage) {
        return value(knob, stage).intValue();
    }

    double number(String knob) {
        return value(knob).doubleValue();
    }

    String word(String knob) {
        return value(knob).textValue();
    }

    String word(String knob, int stage) {
        return value(knob, stage).textValue();
    }

    boolean flag(String knob, int stage) {
        return value(knob, stage).booleanValue();
    }

    /** The value of a knob that not every space has. */
    Optional<JsonNode> find(String knob, int stage) {
        return Optional.ofNullable(values.getOrDefault(perStage(knob, stage), values.get(knob)));
    }

    Optional<JsonNode> find(String knob) {
        return Optional.ofNullable(values.get(knob));
    }

    @Override
    public List<Part> parts(String knob, int stage) {
        return find(knob, stage).map(value -> new Part(value, "")).stream().toList();
    }

    private JsonNode value(String knob) {
        return Objects.requireNonNull(values.get(knob), knob);
    }

    private JsonNode value(String knob, int stage) {
        return find(knob, stage).orElseThrow(() -> new IllegalStateException("no value of " + knob));
    }

    /** @param stage from 0; names count from 1 */
    static String perStage(String knob, int stage) {
        return knob + "." + (stage + 1);
    }
}
