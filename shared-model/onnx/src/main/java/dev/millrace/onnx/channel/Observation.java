package dev.millrace.onnx.channel;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one run of a model showed.
 *
 * @param dims dims of the values of the main graph, by name; values that are no tensors are missing
 * @param integers contents of short integer values, such as target shapes
 */
public record Observation(Map<String, long[]> dims, Map<String, long[]> integers) {
    /** The same, to be changed by a cut. */
    public Observation copy() {
        return new Observation(new LinkedHashMap<>(dims), integers);
    }

    /** Dims of a value; none if it was not seen. */
    long[] dimsOf(String value) {
        return dims.getOrDefault(value, new long[0]);
    }
}
