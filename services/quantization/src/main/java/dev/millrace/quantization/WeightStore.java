package dev.millrace.quantization;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The 8-bit weights of a graph: each stored once under one name, however many nodes use it.
 *
 * <p>First every use is announced, then the weights are read. Uses that want their channels on different axes, as an
 * embedding that is an output head too, get one scale for the whole tensor.
 */
final class WeightStore {
    private static final int ONE_SCALE = -1;

    private final Graph graph;
    private final boolean saturates;
    private final boolean perChannel;
    private final Map<String, WeightSteps> given;
    private final Map<String, Tensor> tensors = new HashMap<>();
    private final Map<String, Integer> axes = new HashMap<>();
    private final Map<String, float[]> leastScales = new HashMap<>();
    private final Map<String, Int8Weight> weights = new LinkedHashMap<>();

    /** @param saturates whether sums of two 8-bit products must fit 16 bits */
    WeightStore(Graph graph, boolean saturates, boolean perChannel) {
        this(graph, saturates, perChannel, Map.of());
    }

    /** @param given weights whose steps are known, by name */
    WeightStore(Graph graph, boolean saturates, boolean perChannel, Map<String, WeightSteps> given) {
        this.graph = graph;
        this.saturates = saturates;
        this.perChannel = perChannel;
        this.given = given;
    }

    /** Announces a layer's use, its scales none below their limits. */
    void announce(Layer layer, float... limits) {
        announce(layer, layer.channelAxis(), limits);
    }

    /** The same for a layer whose scales are to be on another axis. */
    void announce(Layer layer, int axis, float... limits) {
        var pairs = saturates ? PairSums.leastScales(layer) : new float[0];
        announce(layer.weight(), axis, larger(limits, pairs));
    }

    /** Announces a use with a scale for each index of an axis, none of them below its limit. */
    void announce(Tensor weight, int axis, float... limits) {
        tensors.put(weight.name(), weight);
        axes.merge(weight.name(), perChannel ? axis : ONE_SCALE, (a, b) -> a.equals(b) ? a : ONE_SCALE);
        leastScales.merge(weight.name(), limits.clone(), WeightStore::larger);
    }

    private static float[] larger(float[] a, float[] b) {
        var all = (a.length > b.length ? a : b).clone();
        for (int i = 0; i < Math.min(a.length, b.length); i++) {
            all[i] = Math.max(a[i], b[i]);
        }
        return all;
    }

    /** The weight of that name, quantized and stored. */
    Int8Weight get(String name) {
        return weights.computeIfAbsent(name, missing -> {
            var tensor = Objects.requireNonNull(tensors.get(missing));
            int axis = Objects.requireNonNull(axes.get(missing));
            var limits = Objects.requireNonNull(leastScales.get(missing));
            var steps = given.get(missing);
            var made = steps == null
                    ? Int8Weight.of(tensor, axis, axis == ONE_SCALE ? most(limits) : limits)
                    : Int8Weight.of(tensor, steps);
            graph.put(made.values());
            graph.put(scale(made));
            graph.put(zeroPoint(made));
            return made;
        });
    }

    private static float[] most(float[] limits) {
        float most = 0;
        for (float limit : limits) {
            most = Math.max(most, limit);
        }
        return new float[] {most};
    }

    /** Name of the initializer with a weight's scales, {@code (M)} or one number. */
    static String scaleName(Int8Weight weight) {
        return weight.values().name() + "_scale";
    }

    private static Tensor scale(Int8Weight weight) {
        return weight.axis() == ONE_SCALE
                ? Tensor.floats(scaleName(weight), weight.scales())
                : Tensor.floats(scaleName(weight), weight.scales(), weight.scales().length);
    }

    /**
     * Name of the initializer with a weight's zero points, all zero. They could be left out, but ONNX Runtime's mode that
     * turns signed weights into unsigned ones then adds a scalar where channels have scales, and refuses the model.
     */
    static String zeroPointName(Int8Weight weight) {
        return weight.values().name() + "_zero_point";
    }

    private static Tensor zeroPoint(Int8Weight weight) {
        var zeros = new byte[weight.scales().length];
        return weight.axis() == ONE_SCALE
                ? Tensor.bytes(zeroPointName(weight), DataType.INT8, zeros)
                : Tensor.bytes(zeroPointName(weight), DataType.INT8, zeros, zeros.length);
    }
}
