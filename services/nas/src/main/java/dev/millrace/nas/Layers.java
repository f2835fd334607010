package dev.millrace.nas;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A network in the making, one layer behind the other. Weights are normal numbers of deviation {@code √(2 / fan-in)} (He et
 * al., "Delving deep into rectifiers", 2015); the same seed and layers give the same model.
 */
final class Layers {
    static final long OPSET = 17;

    private static final String SCALE = "scale";
    private static final String SHIFT = "shift";

    private final ModelBuilder model = new ModelBuilder(OPSET);
    private final Random random;
    private int made;

    Layers(long seed) {
        random = new Random(seed);
    }

    ModelBuilder model() {
        return model;
    }

    /** A node behind a value, named by its kind and number. */
    String behind(String value, String type, List<String> weights, Attribute... attributes) {
        var inputs = new ArrayList<>(List.of(value));
        inputs.addAll(weights);
        var name = named(type);
        return model.node(Node.of(type, name, inputs, List.of(name), attributes));
    }

    /**
     * Convolution without bias and batch normalization, sizes halved by a stride of 2, else kept.
     *
     * @param x {@code (N, from, H, W)}
     * @param groups 1, or {@code from} for a depthwise one
     * @return {@code (N, to, ⌈H / stride⌉, ⌈W / stride⌉)}
     */
    String convolution(String x, int from, int to, int kernel, int stride, int groups) {
        var weight =
                normal("weight", Math.sqrt(2.0 * groups / (from * kernel * kernel)), to, from / groups, kernel, kernel);
        var convolved = behind(
                x,
                "Conv",
                List.of(weight),
                Attribute.ints("kernel_shape", kernel, kernel),
                Attribute.ints("pads", kernel / 2, kernel / 2, kernel / 2, kernel / 2),
                Attribute.ints("strides", stride, stride),
                Attribute.of("group", groups));
        return behind(
                convolved,
                "BatchNormalization",
                List.of(
                        constant(SCALE, 1, to),
                        constant(SHIFT, 0, to),
                        constant("mean", 0, to),
                        constant("variance", 1, to)));
    }

    /**
     * An affine map of the last axis.
     *
     * @param x {@code (N, …, from)}
     * @return {@code (N, …, to)}
     */
    String dense(String x, int from, int to) {
        var product = behind(x, "MatMul", List.of(normal("weight", Math.sqrt(2.0 / from), from, to)));
        return behind(product, "Add", List.of(constant("bias", 0, to)));
    }

    /** Whether a tensor scales or shifts what a normalization gives. */
    static boolean isNormalization(String tensor) {
        return tensor.startsWith(SCALE + "_") || tensor.startsWith(SHIFT + "_");
    }

    /** Rows of a table, {@code (…, width)} for indices {@code (…)}. */
    String gather(String table, String indices) {
        return behind(table, "Gather", List.of(indices));
    }

    /** Layer normalization of the last axis. */
    String layerNorm(String x, int width) {
        return behind(
                x,
                "LayerNormalization",
                List.of(constant(SCALE, 1, width), constant(SHIFT, 0, width)),
                Attribute.of("axis", -1));
    }

    /** Normal numbers, a new initializer. */
    String normal(String kind, double deviation, int... dims) {
        var values = new float[Arrays.stream(dims).reduce(1, Math::multiplyExact)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return model.initializer(Tensor.floats(
                named(kind), values, Arrays.stream(dims).asLongStream().toArray()));
    }

    private String constant(String kind, float value, int size) {
        var values = new float[size];
        Arrays.fill(values, value);
        return model.initializer(Tensor.floats(named(kind), values, size));
    }

    /** A constant of one element, read by anything. */
    String scalar(float value) {
        return model.initializer(Tensor.floats(named("scalar"), new float[] {value}));
    }

    String longs(String kind, long... values) {
        return model.longs(named(kind), values);
    }

    private String named(String kind) {
        return kind.substring(0, 1).toLowerCase(java.util.Locale.ROOT) + kind.substring(1) + "_" + made++;
    }

    /** The model whose output is a value {@code (N, classes)}. */
    Model finished(String value, String output, int classes) {
        model.node(Node.of("Identity", output, List.of(value), List.of(output)));
        model.output(output, DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(classes));
        return model.build();
    }
}
