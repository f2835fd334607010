package dev.millrace.engine;

import java.util.Collections;
import java.util.Map;
import java.util.Set;

/**
 * What one run gave: values by name, in the order asked for.
 *
 * <p>The values are views of the engine's memory. Close the outputs when done with them; reading a value afterwards is an
 * error that may end the process.
 */
public final class Outputs implements AutoCloseable {
    private final Map<String, Value> values;
    private final Runnable release;

    /**
     * Outputs over memory that somebody else owns.
     *
     * @param release ends that memory
     */
    public Outputs(Map<String, Value> values, Runnable release) {
        this.values = Collections.unmodifiableMap(values);
        this.release = release;
    }

    /** @throws IllegalArgumentException if the run did not give that value */
    public Value get(String name) {
        var value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no output '" + name + "' among " + values.keySet());
        }
        return value;
    }

    public Set<String> names() {
        return values.keySet();
    }

    /** All of them, unmodifiable. */
    public Map<String, Value> values() {
        return values;
    }

    @Override
    public void close() {
        release.run();
    }
}
