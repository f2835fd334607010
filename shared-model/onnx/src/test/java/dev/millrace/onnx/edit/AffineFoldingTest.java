package dev.millrace.onnx.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import java.util.List;
import org.junit.jupiter.api.Test;

class AffineFoldingTest {
    private static final float ROUNDING = 2e-5f;

    @Test
    void foldsBatchNormalizationIntoTheConvolutionBeforeIt() {
        var model = TinyModels.cnn();
        assertKeepsOutputs(model, 1);
        assertThat(model.nodes()).noneMatch(node -> node.is("BatchNormalization"));
        assertThat(model.graph().initializer("bn.mean")).isEmpty();
    }

    @Test
    void foldsIntoTransposedConvolutionWithGroups() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 1, 4, 5, 5);
        var y = m.node(
                "ConvTranspose", List.of("x", m.normal("w", 4, 3, 2, 2), m.normal("b", 6)), Attribute.of("group", 2));
        var n = batchNormalization(m, y, 6);
        m.output(n, DataType.FLOAT, 1, 6, 6, 6);
        assertKeepsOutputs(m.build(), 1);
    }

    @Test
    void foldsIntoGemmOfEitherLayoutWithAlphaAndBeta() {
        for (long transposed : new long[] {0, 1}) {
            var m = new ModelBuilder(17);
            m.input("x", DataType.FLOAT, 2, 4);
            var w = transposed == 0 ? m.normal("w", 4, 6) : m.normal("w", 6, 4);
            var y = m.node(
                    "Gemm",
                    List.of("x", w, m.normal("b", 6)),
                    Attribute.of("transB", transposed),
                    Attribute.of("alpha", 0.5f),
                    Attribute.of("beta", 3f));
            m.output(batchNormalization(m, y, 6), DataType.FLOAT, 2, 6);
            assertKeepsOutputs(m.build(), 1);
        }
    }

    @Test
    void foldsScaleAndShiftWrittenAsMulAndAdd() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 1, 3, 4, 4);
        var y = m.node("Conv", List.of("x", m.normalConstant("w", 5, 3, 1, 1)));
        var scaled = m.node("Mul", List.of(y, m.normal("s", 1, 5, 1, 1)));
        var shifted = m.node("Add", List.of(m.normal("t", 5, 1, 1), scaled));
        m.output(
                m.node("Sub", List.of(shifted, m.initializer(Tensor.floats("u", new float[] {0.5f})))),
                DataType.FLOAT,
                1,
                5,
                4,
                4);
        assertKeepsOutputs(m.build(), 3);
    }

    @Test
    void leavesConstantsThatVaryAlongTheWidth() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 1, 3, 4, 5);
        var y = m.node("Conv", List.of("x", m.normal("w", 5, 3, 1, 1)));
        m.output(m.node("Mul", List.of(y, m.normal("s", 5))), DataType.FLOAT, 1, 5, 4, 5);
        assertKeepsOutputs(m.build(), 0);
    }

    @Test
    void leavesALayerWhoseOutputIsReadTwice() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 1, 3, 4, 4);
        var y = m.node("Conv", List.of("x", m.normal("w", 5, 3, 1, 1)));
        var n = batchNormalization(m, y, 5);
        m.output(m.node("Add", List.of(n, y)), DataType.FLOAT, 1, 5, 4, 4);
        assertKeepsOutputs(m.build(), 0);
    }

    @Test
    void keepsASharedWeightShared() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 1, 3, 4, 4);
        var w = m.normal("w", 3, 3, 1, 1);
        var first = batchNormalization(m, m.node("Conv", List.of("x", w)), 3);
        var second = m.node("Add", List.of(m.node("Conv", List.of(first, w)), m.normal("t", 3, 1, 1)));
        m.output(second, DataType.FLOAT, 1, 3, 4, 4);
        var model = m.build();
        assertKeepsOutputs(model, 1);
        assertThat(model.graph().initializer("w")).isPresent();
    }

    private static String batchNormalization(ModelBuilder m, String input, int channels) {
        var variance = new float[channels];
        for (int i = 0; i < channels; i++) {
            variance[i] = 0.3f + i;
        }
        return m.node(Node.of(
                "BatchNormalization",
                input + ".bn",
                List.of(
                        input,
                        m.normal(input + ".gamma", channels),
                        m.normal(input + ".beta", channels),
                        m.normal(input + ".mean", channels),
                        m.initializer(Tensor.floats(input + ".var", variance, channels))),
                List.of(input + ".normal")));
    }

    private static void assertKeepsOutputs(Model model, int folded) {
        var before = OnnxRuntime.run(model);
        assertThat(AffineFolding.apply(model)).isEqualTo(folded);
        OnnxRuntime.run(model)
                .forEach((name, values) ->
                        assertThat(values).as(name).containsExactly(before.get(name), within(ROUNDING)));
    }
}
