package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which array of the data goes to which input of the model, in which type and shape.
 *
 * <p>An input gets the array of its name; else the only array left, if it is the only input left; else the only array
 * left whose dims it takes; else what {@code fill.NAME} says.
 */
final class FeedMapping {
    private final List<ValueSpec> inputs;
    private final Map<String, Double> fill;
    private final @Nullable String only;

    /** @param only the input that unnamed data is for; absent where names or shapes decide */
    FeedMapping(List<ValueSpec> inputs, Map<String, Double> fill, @Nullable String only) {
        this.inputs = inputs;
        this.fill = fill;
        this.only = only;
        requireInputs(fill.keySet(), "fill");
        if (only != null) {
            requireInputs(Set.of(only), "input");
        }
    }

    private void requireInputs(Set<String> names, String option) {
        for (var name : names) {
            if (inputs.stream().noneMatch(input -> input.name().equals(name))) {
                throw new RefusedException("INVALID_OPTION", "option '" + option + "'", name, "an input: " + allowed());
            }
        }
    }

    /** The sample's values under the names, in the types and in the ranks of the model's inputs. */
    Map<String, Value> feed(Sample sample) {
        var left = new LinkedHashMap<>(sample.values());
        var feed = new LinkedHashMap<String, Value>();
        if (only != null && left.size() == 1 && !left.containsKey(only)) {
            left.put(only, left.remove(left.keySet().iterator().next()));
        }
        for (var input : inputs) {
            var named = left.remove(input.name());
            if (named != null) {
                feed.put(input.name(), fit(input, named, sample));
            }
        }
        for (var input : inputs) {
            if (!feed.containsKey(input.name()) && !fill.containsKey(input.name())) {
                var name = choose(input, left, feed.keySet());
                if (name != null) {
                    feed.put(input.name(), fit(input, Objects.requireNonNull(left.remove(name)), sample));
                }
            }
        }
        for (var input : inputs) {
            if (!feed.containsKey(input.name())) {
                feed.put(input.name(), filled(input, sample));
            }
        }
        return feed;
    }

    private @Nullable String choose(ValueSpec input, Map<String, Value> left, Set<String> done) {
        long inputsLeft = inputs.stream()
                .filter(other -> !done.contains(other.name()) && !fill.containsKey(other.name()))
                .count();
        if (left.size() == 1 && inputsLeft == 1) {
            return left.keySet().iterator().next();
        }
        var fitting = left.entrySet().stream()
                .filter(entry -> shape(input, entry.getValue()) != null)
                .map(Map.Entry::getKey)
                .toList();
        return fitting.size() == 1 ? fitting.get(0) : null;
    }

    private Value filled(ValueSpec input, Sample sample) {
        var number = fill.get(input.name());
        if (number == null) {
            throw mismatch(sample, "no array for input '" + input.name() + "' among " + described(sample.values()));
        }
        return Value.full(input.type(), number, input.shape(1));
    }

    private Value fit(ValueSpec input, Value value, Sample sample) {
        var shape = shape(input, value);
        if (shape == null) {
            throw mismatch(sample, value.describe());
        }
        var converted = value.reshaped(shape).as(input.type());
        if (input.type() != value.type() && input.type().isInteger()) {
            for (int i = 0; i < value.size(); i++) {
                if (converted.number(i) != value.number(i)) {
                    throw mismatch(sample, value.describe() + " with the element " + value.number(i));
                }
            }
        }
        return converted;
    }

    /**
     * Dims under which the input takes the value, the first axis free; null if there are none.
     *
     * <p>Beside equal dims: a missing first axis is added, and where all axes but the first are fixed, {@code (N, 28, 28)}
     * is {@code (N, 1, 28, 28)} is {@code (N, 784)}.
     */
    private static long @Nullable [] shape(ValueSpec input, Value value) {
        var dims = value.dims();
        if (tail(input, dims)) {
            return dims;
        }
        if (dims.length + 1 == input.rank()) {
            var batched = new long[input.rank()];
            batched[0] = 1;
            System.arraycopy(dims, 0, batched, 1, dims.length);
            if (tail(input, batched) && input.accepts(batched)) {
                return batched;
            }
        }
        if (input.rank() == 0 || dims.length == 0) {
            return value.size() == 1 && input.rank() <= 1
                    ? new long[input.rank()].length == 0 ? new long[0] : new long[] {1}
                    : null;
        }
        long elements = 1;
        var shape = new long[input.rank()];
        shape[0] = dims[0];
        for (int axis = 1; axis < shape.length; axis++) {
            if (!input.dims().get(axis).isFixed()) {
                return null;
            }
            shape[axis] = input.dims().get(axis).size();
            elements *= shape[axis];
        }
        return elements * dims[0] == value.size() ? shape : null;
    }

    /** Whether rank and all axes but the first are as the input says. */
    private static boolean tail(ValueSpec input, long[] dims) {
        if (dims.length != input.rank()) {
            return false;
        }
        for (int axis = 1; axis < dims.length; axis++) {
            if (input.dims().get(axis).isFixed() && input.dims().get(axis).size() != dims[axis]) {
                return false;
            }
        }
        return true;
    }

    private RefusedException mismatch(Sample sample, String found) {
        return new RefusedException("DATA_MISMATCH", sample.where(), found, allowed());
    }

    private String allowed() {
        return inputs.stream()
                .map(input -> "'" + input.name() + "' " + input.describe())
                .collect(Collectors.joining(", "));
    }

    private static String described(Map<String, Value> values) {
        return values.entrySet().stream()
                .map(entry -> "'" + entry.getKey() + "' " + entry.getValue().describe())
                .collect(Collectors.joining(", "));
    }

    /**
     * The number of rows that the model insists on.
     *
     * @return 0 where it takes any number
     */
    long fixedRows() {
        return inputs.stream()
                .filter(input -> !fill.containsKey(input.name()) && input.rank() > 0)
                .map(input -> input.dims().get(0))
                .mapToLong(dim -> dim.isFixed() ? dim.size() : 0)
                .reduce((a, b) -> a == b ? a : 0)
                .orElse(0);
    }

    @Override
    public String toString() {
        return Arrays.toString(inputs.toArray());
    }
}
