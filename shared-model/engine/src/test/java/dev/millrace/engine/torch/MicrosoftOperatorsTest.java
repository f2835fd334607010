package dev.millrace.engine.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.onnx.script.ScriptOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * ONNX Runtime's own operators, each in a model of one node, beside ONNX Runtime. Its kernels may add two products of bytes in
 * 16 bits, so the weights here are small.
 */
class MicrosoftOperatorsTest {
    private static final double ROUNDING = 1e-4;

    @TempDir
    Path directory;

    /** An operator, its inputs as constants, and how many outputs are compared. */
    private record Case(String type, int outputs, List<Tensor> inputs, List<Attribute> attributes) {
        @Override
        public String toString() {
            return type + attributes;
        }
    }

    private static Case one(String type, int outputs, List<Tensor> inputs, Attribute... attributes) {
        return new Case(type, outputs, inputs, List.of(attributes));
    }

    static Stream<Case> cases() {
        return Stream.of(
                one("Gelu", 1, List.of(normal(2, 5))),
                one("BiasGelu", 1, List.of(normal(2, 5), normal(5))),
                one("FastGelu", 1, List.of(normal(2, 5), normal(5))),
                one("QuickGelu", 1, List.of(normal(2, 5))),
                one("Inverse", 1, List.of(normal(2, 3, 3))),
                one(
                        "FusedMatMul",
                        1,
                        List.of(normal(2, 4, 3), normal(2, 4, 5)),
                        attribute("transA", 1),
                        real("alpha", 0.5f)),
                one("FusedMatMul", 1, List.of(normal(4, 2, 3), normal(2, 3, 5)), attribute("transBatchA", 1)),
                one(
                        "FusedGemm",
                        1,
                        List.of(normal(2, 3), normal(4, 3), normal(4)),
                        attribute("transB", 1),
                        text("activation", "Relu")),
                one(
                        "FusedConv",
                        1,
                        List.of(normal(1, 2, 5, 5), normal(3, 2, 3, 3), normal(3)),
                        text("activation", "LeakyRelu"),
                        Attribute.floats("activation_params", 0.1f)),
                one(
                        "SkipLayerNormalization",
                        1,
                        List.of(normal(2, 3, 8), normal(2, 3, 8), normal(8), normal(8), normal(8)),
                        real("epsilon", 1e-5f)),
                one(
                        "SkipSimplifiedLayerNormalization",
                        1,
                        List.of(normal(2, 3, 8), normal(2, 3, 8), normal(8)),
                        real("epsilon", 1e-5f)),
                one(
                        "EmbedLayerNormalization",
                        2,
                        List.of(
                                whole(DataType.INT32, 7, 2, 3),
                                whole(DataType.INT32, 2, 2, 3),
                                normal(7, 8),
                                normal(3, 8),
                                normal(2, 8),
                                normal(8),
                                normal(8),
                                whole(DataType.INT32, 2, 2, 3))),
                one("Attention", 1, List.of(normal(2, 3, 8), normal(8, 24), normal(24)), attribute("num_heads", 2)),
                one(
                        "Attention",
                        1,
                        List.of(normal(2, 3, 8), normal(8, 24), normal(24), lengths(3, 1)),
                        attribute("num_heads", 2)),
                one(
                        "Attention",
                        1,
                        List.of(normal(2, 3, 8), normal(8, 24), normal(24)),
                        attribute("num_heads", 2),
                        attribute("unidirectional", 1)),
                one(
                        "MultiHeadAttention",
                        1,
                        List.of(normal(2, 3, 8), normal(2, 4, 8), normal(2, 4, 8)),
                        attribute("num_heads", 2)),
                one(
                        "MultiHeadAttention",
                        1,
                        List.of(normal(2, 3, 8), normal(2, 4, 8), normal(2, 4, 8), normal(24), lengths(4, 2)),
                        attribute("num_heads", 4)),
                one(
                        "RotaryEmbedding",
                        1,
                        List.of(
                                normal(2, 3, 8),
                                Tensor.longs("", new long[] {0, 1, 2, 0, 1, 2}, 2, 3),
                                normal(4, 2),
                                normal(4, 2)),
                        attribute("num_heads", 2)),
                one(
                        "MatMulNBits",
                        1,
                        List.of(normal(2, 32), whole(DataType.UINT8, 256, 5, 2, 8), normal(10)),
                        attribute("K", 32),
                        attribute("N", 5),
                        attribute("bits", 4),
                        attribute("block_size", 16)),
                one(
                        "MatMulNBits",
                        1,
                        List.of(
                                normal(2, 32),
                                whole(DataType.UINT8, 256, 5, 2, 8),
                                normal(10),
                                whole(DataType.UINT8, 256, 5)),
                        attribute("K", 32),
                        attribute("N", 5),
                        attribute("bits", 4),
                        attribute("block_size", 16)),
                one(
                        "DynamicQuantizeMatMul",
                        1,
                        List.of(
                                normal(3, 8),
                                whole(DataType.INT8, 60, 8, 4),
                                scale(0.02f),
                                zero(DataType.INT8),
                                normal(4))),
                one(
                        "MatMulIntegerToFloat",
                        1,
                        List.of(
                                whole(DataType.UINT8, 255, 3, 8),
                                whole(DataType.INT8, 60, 8, 4),
                                scale(0.1f),
                                scale(0.02f),
                                zero(DataType.UINT8),
                                zero(DataType.INT8),
                                normal(4))),
                one("QLinearAdd", 1, quantizedPair()),
                one("QLinearMul", 1, quantizedPair()),
                one("QLinearSigmoid", 1, quantized(0.004f, 2, 6)),
                one("QLinearLeakyRelu", 1, quantized(0.05f, 2, 6), real("alpha", 0.1f)),
                one("QLinearGlobalAveragePool", 1, quantized(0.05f, 1, 2, 4, 4), attribute("channels_last", 0)),
                one("QLinearAveragePool", 1, quantized(0.05f, 1, 2, 4, 4), Attribute.ints("kernel_shape", 2, 2)),
                one("QuantizeLinear", 1, List.of(normal(2, 6), scale(0.05f), zero(DataType.UINT8))),
                one(
                        "DequantizeLinear",
                        1,
                        List.of(whole(DataType.UINT8, 255, 2, 6), scale(0.05f), zero(DataType.UINT8))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void computesWhatOnnxRuntimeComputes(Case operator) throws IOException {
        var model = model(operator);
        var file = directory.resolve("model.onnx");
        model.write(file);
        var plain = SessionSettings.threads(1).optimization(SessionSettings.Optimization.NONE);
        try (var session = OrtSession.open(file, plain);
                var module = ScriptModule.open(model, ScriptOptions.exact(), directory, 1);
                var expected = session.run(Map.of());
                var actual = module.run(Map.of())) {
            for (var name : expected.names()) {
                assertThat(actual.get(name).describe())
                        .isEqualTo(expected.get(name).describe());
                agrees(expected.get(name), actual.get(name));
            }
        }
    }

    private static void agrees(Value expected, Value actual) {
        for (int i = 0; i < expected.size(); i++) {
            double tolerance = expected.type().isFloatingPoint() ? ROUNDING * (1 + Math.abs(expected.number(i))) : 0;
            assertThat(actual.number(i)).isCloseTo(expected.number(i), within(tolerance));
        }
    }

    private static Model model(Case operator) {
        var m = new ModelBuilder(17);
        var names = new ArrayList<String>();
        for (int i = 0; i < operator.inputs.size(); i++) {
            names.add(m.initializer(operator.inputs.get(i).withName("in" + i)));
        }
        var outputs =
                IntStream.range(0, operator.outputs).mapToObj(i -> "out" + i).toList();
        m.node(Node.of(operator.type, "node", names, outputs, operator.attributes.toArray(Attribute[]::new))
                .withDomain("com.microsoft"));
        outputs.forEach(name -> m.graph().addOutput(ValueInfo.untyped(name)));
        var model = m.build();
        model.setOpset("com.microsoft", 1);
        return model;
    }

    private static Tensor normal(long... dims) {
        var random = new Random(Arrays.hashCode(dims));
        var values = new float[elements(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.floats("", values, dims);
    }

    /** Whole numbers from 0 to below {@code limit}. */
    private static Tensor whole(DataType type, int limit, long... dims) {
        var random = new Random(Arrays.hashCode(dims));
        var values = new int[elements(dims)];
        Arrays.setAll(values, i -> random.nextInt(limit));
        if (type == DataType.INT32) {
            return Tensor.ints("", values, dims);
        }
        var bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return Tensor.bytes("", type, bytes, dims);
    }

    private static Tensor lengths(int... values) {
        return Tensor.ints("", values, values.length);
    }

    private static Tensor scale(float value) {
        return Tensor.floats("", new float[] {value});
    }

    private static Tensor zero(DataType type) {
        return Tensor.bytes("", type, new byte[] {(byte) (type == DataType.UINT8 ? 120 : 0)});
    }

    /** X, its scale and zero, scale and zero of Y. */
    private static List<Tensor> quantized(float outputScale, long... dims) {
        return List.of(
                whole(DataType.UINT8, 255, dims),
                scale(0.05f),
                zero(DataType.UINT8),
                scale(outputScale),
                zero(DataType.UINT8));
    }

    private static List<Tensor> quantizedPair() {
        return List.of(
                whole(DataType.UINT8, 255, 2, 6),
                scale(0.05f),
                zero(DataType.UINT8),
                whole(DataType.UINT8, 255, 6),
                scale(0.03f),
                zero(DataType.UINT8),
                scale(0.1f),
                zero(DataType.UINT8));
    }

    private static int elements(long... dims) {
        return (int) Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    }

    private static Attribute attribute(String name, long value) {
        return Attribute.of(name, value);
    }

    private static Attribute real(String name, float value) {
        return Attribute.of(name, value);
    }

    private static Attribute text(String name, String value) {
        return Attribute.of(name, value);
    }
}
