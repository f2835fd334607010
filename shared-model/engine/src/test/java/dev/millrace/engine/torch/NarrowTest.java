package dev.millrace.engine.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.Value;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.script.ScriptCompiler;
import dev.millrace.onnx.script.ScriptOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is computed in bfloat16, and how far that is from float32. */
class NarrowTest {
    /** Of the largest output; bfloat16 has 8 bits. */
    private static final double ROUNDING = 0.02;

    @TempDir
    Path directory;

    @Test
    void staysInBfloat16ThroughAResidualBlock() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 2, 3, 8, 8);
        var first = relu(m, norm(m, conv(m, "x", "w0", 16, 3), 16));
        var second = norm(m, conv(m, first, "w1", 16, 16), 16);
        var sum = relu(m, m.node("Add", List.of(second, first)));
        var pooled = m.node(
                "GlobalAveragePool",
                List.of(m.node(
                        "MaxPool",
                        List.of(sum),
                        Attribute.ints("kernel_shape", 2, 2),
                        Attribute.ints("strides", 2, 2))));
        var logits = m.node(
                "Gemm",
                List.of(m.node("Flatten", List.of(pooled)), m.normal("w2", 5, 16), m.normal("b2", 5)),
                Attribute.of("transB", 1));
        m.output(logits, DataType.FLOAT, 2, 5);
        var model = m.build();

        assertThat(script(model).split("op\\.wide\\(", -1)).hasSize(2); // the output's only
        agree(model, Map.of("x", normal(2, 3, 8, 8)));
    }

    @Test
    void widensForOperatorsThatNeedIt() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 2, 6);
        m.input("z", DataType.FLOAT, 2, 6);
        var product = m.node("MatMul", List.of("x", m.normal("w", 6, 6)));
        var mixed = m.node("Add", List.of(product, "z"));
        m.output(m.node("Exp", List.of(m.node("Mul", List.of(mixed, number(m, 0.1))))), DataType.FLOAT, 2, 6);
        var model = m.build();

        assertThat(script(model)).contains("op.add_(op.wide(");
        agree(model, Map.of("x", normal(2, 6), "z", normal(2, 6)));
    }

    @Test
    void addsInBfloat16WhatAProductReadInIt() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 2, 4, 6);
        var before = m.node("LayerNormalization", List.of("x", m.normal("g0", 6), m.normal("b0", 6)));
        var sum = m.node("Add", List.of(m.node("MatMul", List.of(before, m.normal("w", 6, 6))), before));
        m.output(
                m.node("LayerNormalization", List.of(sum, m.normal("g1", 6), m.normal("b1", 6))),
                DataType.FLOAT,
                2,
                4,
                6);
        var model = m.build();

        assertThat(script(model).split("op\\.wide\\(", -1)).hasSize(2);
        agree(model, Map.of("x", normal(2, 4, 6)));
    }

    @Test
    void leavesInFloat32WhatOneDnnIsSlowAtInBfloat16() {
        assertThat(script(byChannel(3, 1))).contains("op.narrow(");
        assertThat(script(byChannel(3, 2))).doesNotContain("op.narrow(");
        assertThat(script(byChannel(7, 1))).doesNotContain("op.narrow(");
    }

    /** A convolution of each channel by itself. */
    private static Model byChannel(int width, int stride) {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 2, 16, 9, 9);
        var y = m.node(
                "Conv",
                List.of("x", m.normal("w", 16, 1, width, width)),
                Attribute.of("group", 16),
                Attribute.ints("strides", stride, stride));
        m.output(y, DataType.FLOAT, 2, 16, (9 - width) / stride + 1, (9 - width) / stride + 1);
        return m.build();
    }

    @Test
    void attendsToNothingMasked() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 2, 4, 6);
        m.input("mask", DataType.FLOAT, 2, 1, 4);
        var scores = m.node(
                "MatMul",
                List.of(
                        m.node("MatMul", List.of("x", m.normal("q", 6, 6))),
                        m.node("Transpose", List.of("x"), Attribute.ints("perm", 0, 2, 1))));
        var weights = m.node("Softmax", List.of(m.node("Add", List.of(scores, "mask"))), Attribute.of("axis", -1));
        m.output(m.node("MatMul", List.of(weights, "x")), DataType.FLOAT, 2, 4, 6);
        float none = -Float.MAX_VALUE;
        var mask = Value.of(new float[] {0, none, 0, none, none, none, none, none}, 2, 1, 4);

        agree(m.build(), Map.of("x", normal(2, 4, 6), "mask", mask));
    }

    private static String script(Model model) {
        return ScriptCompiler.compile(model, ScriptOptions.training().bfloat16(true))
                .forward();
    }

    private void agree(Model model, Map<String, Value> feed) throws IOException {
        var options = ScriptOptions.training();
        try (var exact = ScriptModule.open(model, options, directory, 1);
                var narrow = ScriptModule.open(model, options.bfloat16(true), directory, 1);
                var expected = exact.run(feed);
                var actual = narrow.run(feed)) {
            var name = expected.names().iterator().next();
            var numbers = new float[(int) expected.get(name).size()];
            expected.get(name).floats().get(numbers);
            double largest = 0;
            for (var number : numbers) {
                largest = Math.max(largest, Math.abs(number));
            }
            boolean same = true;
            for (int i = 0; i < numbers.length; i++) {
                assertThat(actual.get(name).number(i)).isCloseTo(numbers[i], within(ROUNDING * largest));
                same &= actual.get(name).number(i) == numbers[i];
            }
            assertThat(same).as("computed in float32").isFalse();
        }
    }

    private static String conv(ModelBuilder m, String x, String weight, int outputs, int inputs) {
        return m.node("Conv", List.of(x, m.normal(weight, outputs, inputs, 3, 3)), Attribute.ints("pads", 1, 1, 1, 1));
    }

    private static String norm(ModelBuilder m, String x, int channels) {
        var ones = new float[channels];
        Arrays.fill(ones, 1);
        var one = m.initializer(Tensor.floats("one_" + x, ones, channels));
        var variance = m.initializer(Tensor.floats("variance_" + x, ones, channels));
        var zero = m.initializer(Tensor.floats("zero_" + x, new float[channels], channels));
        var mean = m.initializer(Tensor.floats("mean_" + x, new float[channels], channels));
        return m.node("BatchNormalization", List.of(x, one, zero, mean, variance));
    }

    private static String relu(ModelBuilder m, String x) {
        return m.node("Relu", List.of(x));
    }

    private static String number(ModelBuilder m, double number) {
        return m.node("Constant", List.of(), Attribute.of("value", Tensor.floats("", new float[] {(float) number})));
    }

    private static Value normal(long... dims) {
        var random = new Random(3);
        int size = 1;
        for (var dim : dims) {
            size *= (int) dim;
        }
        var numbers = new float[size];
        for (int i = 0; i < size; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return Value.of(numbers, dims);
    }
}
