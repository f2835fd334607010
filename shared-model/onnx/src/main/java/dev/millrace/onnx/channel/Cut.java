package dev.millrace.onnx.channel;

import dev.millrace.onnx.Tensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The indices that go, axis by axis. */
public final class Cut {
    private final Map<String, Map<Integer, BitSet>> removed = new HashMap<>();

    /** Removes channels of a group. */
    public void remove(ChannelGroup group, BitSet channels) {
        group.slices()
                .forEach((axis, slices) -> channels.stream()
                        .flatMap(channel -> Arrays.stream(slices.get(channel)))
                        .forEach(removed.computeIfAbsent(axis.value(), v -> new HashMap<>())
                                .computeIfAbsent(axis.number(), a -> new BitSet())::set));
    }

    /** The indices that go from an axis. */
    public BitSet removed(String value, int axis) {
        var indices = removed.getOrDefault(value, Map.of()).getOrDefault(axis, new BitSet());
        return (BitSet) indices.clone();
    }

    boolean touches(String value) {
        return removed.containsKey(value);
    }

    /** Size of an axis afterwards. */
    long size(String value, int axis, long before) {
        return before
                - removed.getOrDefault(value, Map.of())
                        .getOrDefault(axis, new BitSet())
                        .cardinality();
    }

    /** Dims of a value afterwards. */
    public long[] dims(String value, long[] before) {
        var after = before.clone();
        for (int axis = 0; axis < after.length; axis++) {
            after[axis] = size(value, axis, before[axis]);
        }
        return after;
    }

    /** Dims of every value afterwards. */
    public Map<String, long[]> dims(Map<String, long[]> before) {
        var after = new LinkedHashMap<String, long[]>();
        before.forEach((value, dims) -> after.put(value, dims(value, dims)));
        return after;
    }

    /** A tensor without the indices that go. */
    Tensor apply(Tensor tensor) {
        var after = dims(tensor.name(), tensor.dims());
        int elementBytes = (int) tensor.type().sizeBytes(1);
        var from = tensor.bytes();
        var into = ByteBuffer.allocate(Math.toIntExact(Arrays.stream(after).reduce(elementBytes, Math::multiplyExact)));
        var index = new int[tensor.rank()];
        for (long element = 0; element < tensor.elements(); element++) {
            if (stays(tensor.name(), index)) {
                into.put(from.slice(Math.toIntExact(element * elementBytes), elementBytes));
            }
            advance(index, tensor);
        }
        return Tensor.of(tensor.name(), tensor.type(), into.flip(), after);
    }

    private boolean stays(String value, int[] index) {
        return removed.getOrDefault(value, Map.of()).entrySet().stream()
                .noneMatch(entry -> entry.getValue().get(index[entry.getKey()]));
    }

    private static void advance(int[] index, Tensor tensor) {
        for (int axis = index.length - 1; axis >= 0; axis--) {
            if (++index[axis] < tensor.dim(axis)) {
                return;
            }
            index[axis] = 0;
        }
    }
}
