package dev.millrace.it.benchmark;

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

/** Untrained classifiers of 28 × 28 grey images into ten classes; input {@code (batch, 1, 28, 28)}, output logits. */
final class Students {
    private final ModelBuilder model = new ModelBuilder(17);
    private final Random random;
    private String last;

    private Students(long seed) {
        random = new Random(seed);
        last = model.input(
                "image",
                DataType.FLOAT,
                Dimension.symbolic("batch"),
                Dimension.of(1),
                Dimension.of(28),
                Dimension.of(28));
    }

    /** Two convolutions of stride 2 with batch normalization, 2 × 2 averages, one dense layer. */
    static Model convolutional(int first, int second, long seed) {
        var student = new Students(seed);
        student.convolution("conv1", 1, first);
        student.convolution("conv2", first, second);
        student.node(
                "AveragePool",
                "pool",
                List.of(),
                Attribute.ints("kernel_shape", 4, 4),
                Attribute.ints("strides", 3, 3));
        student.node("Flatten", "flatten", List.of());
        student.dense("fc", 4 * second, 10);
        return student.built();
    }

    /**
     * LeNet-5 (LeCun et al., "Gradient-based learning applied to document recognition", 1998) as it is written today, with
     * rectifiers and the largest of 2 × 2: convolutions of 5 × 5 to 6 and 16 channels, dense layers to 120, 84 and 10.
     *
     * @param scale of all widths but the last
     * @param normalized whether batch normalization follows each convolution
     */
    static Model lenet(double scale, boolean normalized, long seed) {
        var student = new Students(seed);
        int first = scaled(6, scale);
        int second = scaled(16, scale);
        int third = scaled(120, scale);
        int fourth = scaled(84, scale);
        student.largestBehindConvolution("conv1", 1, first, 2, normalized);
        student.largestBehindConvolution("conv2", first, second, 0, normalized);
        student.node("Flatten", "flatten", List.of());
        student.dense("fc1", 5 * 5 * second, third);
        student.node("Relu", "relu1", List.of());
        student.dense("fc2", third, fourth);
        student.node("Relu", "relu2", List.of());
        student.dense("fc3", fourth, 10);
        return student.built();
    }

    private static int scaled(int width, double scale) {
        return (int) Math.max(1, Math.round(scale * width));
    }

    private void largestBehindConvolution(String name, int from, int to, int pad, boolean normalized) {
        var weight = normal(name + ".weight", Math.sqrt(2.0 / (25 * from)), to, from, 5, 5);
        node(
                "Conv",
                name,
                normalized ? List.of(weight) : List.of(weight, constant(name + ".bias", 0, to)),
                Attribute.ints("kernel_shape", 5, 5),
                Attribute.ints("pads", pad, pad, pad, pad));
        if (normalized) {
            normalization(name, to);
        }
        node("Relu", name + ".relu", List.of());
        node(
                "MaxPool",
                name + ".pool",
                List.of(),
                Attribute.ints("kernel_shape", 2, 2),
                Attribute.ints("strides", 2, 2));
    }

    /** Two hidden layers of equal width. */
    static Model dense(int width, long seed) {
        var student = new Students(seed);
        student.node("Flatten", "flatten", List.of());
        student.dense("fc1", 28 * 28, width);
        student.node("Relu", "relu1", List.of());
        student.dense("fc2", width, width);
        student.node("Relu", "relu2", List.of());
        student.dense("fc3", width, 10);
        return student.built();
    }

    private void convolution(String name, int from, int to) {
        var weight = normal(name + ".weight", Math.sqrt(2.0 / (9 * from)), to, from, 3, 3);
        node(
                "Conv",
                name,
                List.of(weight),
                Attribute.ints("kernel_shape", 3, 3),
                Attribute.ints("pads", 1, 1, 1, 1),
                Attribute.ints("strides", 2, 2));
        normalization(name, to);
        node("Relu", name + ".relu", List.of());
    }

    private void normalization(String name, int channels) {
        node(
                "BatchNormalization",
                name + ".norm",
                List.of(
                        constant(name + ".scale", 1, channels),
                        constant(name + ".shift", 0, channels),
                        constant(name + ".mean", 0, channels),
                        constant(name + ".variance", 1, channels)));
    }

    private void dense(String name, int from, int to) {
        var weight = normal(name + ".weight", Math.sqrt(2.0 / from), to, from);
        node("Gemm", name, List.of(weight, constant(name + ".bias", 0, to)), Attribute.of("transB", 1));
    }

    private void node(String type, String name, List<String> weights, Attribute... attributes) {
        var inputs = new ArrayList<>(List.of(last));
        inputs.addAll(weights);
        last = model.node(Node.of(type, name, inputs, List.of(name + ".out"), attributes));
    }

    private String normal(String name, double deviation, int... dims) {
        var values = new float[Arrays.stream(dims).reduce(1, Math::multiplyExact)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return model.initializer(
                Tensor.floats(name, values, Arrays.stream(dims).asLongStream().toArray()));
    }

    private String constant(String name, float value, int size) {
        var values = new float[size];
        Arrays.fill(values, value);
        return model.initializer(Tensor.floats(name, values, size));
    }

    private Model built() {
        model.output(last, DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(10));
        return model.build();
    }
}
