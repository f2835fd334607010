package dev.millrace.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StaticInt8Test {
    private static final Dimension BATCH = Dimension.symbolic("batch");
    private static final double SMALL = 0.04;

    @TempDir
    private Path directory;

    private TestTask cnn() throws IOException {
        return new TestTask(directory, TinyModels.cnn()).floats("x", 3, 8, 8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"method\": \"percentile\", \"percentile\": 99.9}",
                "{\"method\": \"entropy\"}",
                "{\"method\": \"mse\"}",
                "{\"symmetric\": true}",
                "{\"saturation\": \"on\"}"
            })
    void keepsWhatAConvolutionalNetworkAnswers(String options) throws IOException {
        var task = cnn();
        var result = task.run(new StaticInt8(), options);
        assertThat(task.relativeError(result, "y")).isLessThan(SMALL);
    }

    @Test
    void keepsInputsOutputsAndSymbolicDims() throws IOException {
        var result = cnn().run(new StaticInt8(), "{}");
        var original = TinyModels.cnn().graph();
        var quantized = quantized(result.model()).graph();
        assertThat(quantized.inputs()).containsExactlyElementsOf(original.inputs());
        assertThat(quantized.outputs()).isEqualTo(original.outputs());
    }

    @Test
    void runsConvolutionsAndResidualAddsInIntegerKernels() throws IOException {
        var result = cnn().run(new StaticInt8(), "{}");
        var optimized = directory.resolve("optimized.onnx");
        OrtSession.open(
                        Objects.requireNonNull(result.model()),
                        SessionSettings.threads(1).optimizedModel(optimized))
                .close();
        assertThat(Model.read(optimized).nodes().map(Node::opType))
                .contains("QLinearConv", "QLinearAdd")
                .doesNotContain("Conv", "Add", "Relu", "BatchNormalization");
    }

    @Test
    void givesTheSameBytesTwice() throws IOException {
        var task = cnn();
        var first = Objects.requireNonNull(task.run(new StaticInt8(), "{}").model());
        var second = Objects.requireNonNull(task.run(new StaticInt8(), "{}").model());
        assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    }

    @Test
    void leavesIgnoredWeightsBitForBit() throws IOException {
        var result = cnn().run(new StaticInt8(), "{\"ignored\": [\"conv2\", \"Gem?\"]}");
        var before = TinyModels.cnn().graph();
        var after = quantized(result.model()).graph();
        assertThat(after.initializer("conv2.weight")).isEqualTo(before.initializer("conv2.weight"));
        assertThat(after.initializer("fc.weight")).isEqualTo(before.initializer("fc.weight"));
        assertThat(after.initializer("conv1.weight")).isEmpty();
        assertThat(TestTask.field(result, "leftInFloat").fieldNames())
                .toIterable()
                .containsExactly("conv2", "fc");
    }

    @Test
    void refusesAnExclusionThatMatchesNothing() throws IOException {
        var task = cnn();
        assertThatThrownBy(() -> task.run(new StaticInt8(), "{\"ignored\": [\"conv7\"]}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NOTHING_MATCHES")
                .hasMessageContaining("conv7");
    }

    @Test
    void refusesAModelWithoutLayers() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(4));
        m.output(m.node("Relu", List.of(x)), DataType.FLOAT, BATCH, Dimension.of(4));
        var task = new TestTask(directory, m.build()).floats("x", 4);
        assertThatThrownBy(() -> task.run(new StaticInt8(), "{}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NOTHING_TO_QUANTIZE");
    }

    @Test
    void storesAWeightThatIsUsedThreeTimesOnce() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(8), Dimension.of(6), Dimension.of(6));
        var w = m.normal("w", 8, 8, 3, 3);
        var b = m.normal("b", 8);
        for (int i = 0; i < 3; i++) {
            x = m.node("Conv", List.of(x, w, b), Attribute.ints("pads", 1, 1, 1, 1));
        }
        m.output(x, DataType.FLOAT, BATCH, Dimension.of(8), Dimension.of(6), Dimension.of(6));
        var task = new TestTask(directory, m.build()).floats("x", 8, 6, 6);
        var result = task.run(new StaticInt8(), "{}");
        assertThat(quantized(result.model()).graph().initializers().stream()
                        .filter(tensor -> tensor.type() == DataType.INT8 && tensor.rank() > 1))
                .hasSize(1);
        assertThat(task.relativeError(result, x)).isLessThan(SMALL);
    }

    @Test
    void guardsTheScalesOfDeadChannels() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(2), Dimension.of(4), Dimension.of(4));
        var weight = new float[] {0, 0, 1e-37f, 1e-38f, 0.5f, -0.25f};
        var w = m.initializer(Tensor.floats("w", weight, 3, 2, 1, 1));
        var b = m.initializer(Tensor.floats("b", new float[] {0.3f, 0, -0.1f}, 3));
        var y = m.node("Conv", List.of(x, w, b));
        m.output(y, DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(4), Dimension.of(4));
        var task = new TestTask(directory, m.build()).floats("x", 2, 4, 4);
        var result = task.run(new StaticInt8(), "{}");
        for (var tensor : quantized(result.model()).graph().initializers()) {
            if (tensor.name().endsWith("_scale")) {
                for (float scale : tensor.floats()) {
                    assertThat(scale).as(tensor.name()).isBetween(Float.MIN_NORMAL, 1e3f);
                }
            }
        }
        assertThat(task.relativeError(result, y)).isLessThan(SMALL);
    }

    @Test
    void raisesTheOpsetToWherePerChannelScalesAreLegal() throws IOException {
        var model = TinyModels.mlp();
        model.setOpset("", 11);
        var task = new TestTask(directory, model).floats("x", 16);
        var result = task.run(new StaticInt8(), "{}");
        assertThat(quantized(result.model()).opset()).isGreaterThanOrEqualTo(13);
        assertThat(task.relativeError(result, "y")).isLessThan(SMALL);
    }

    @Test
    void movesTheWorstLayersBackToFloatUntilTheFloorHolds() throws IOException {
        var task = cnn();
        var result = task.run(new StaticInt8(), "{\"minFidelity\": 1}");
        assertThat(TestTask.field(result, "leftInFloat")).isNotEmpty();
        assertThat(TestTask.field(result, "leftInFloat").elements().next().asText())
                .contains("moves the outputs");
    }

    /** {@code x (time, batch, 8)} through a MatMul and an LSTM of 6. */
    private TestTask lstm() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, Dimension.symbolic("time"), Dimension.of(2), Dimension.of(8));
        var h = m.node("MatMul", List.of(x, m.normal("up", 8, 8)));
        m.node(Node.of(
                "LSTM",
                "lstm",
                List.of(h, m.normal("w", 1, 24, 8), m.normal("r", 1, 24, 6), m.normal("b", 1, 48)),
                List.of("y"),
                Attribute.of("hidden_size", 6)));
        m.output("y", DataType.FLOAT, Dimension.symbolic("time"), Dimension.of(1), Dimension.of(2), Dimension.of(6));
        return new TestTask(directory, m.build()).floats("x", 2, 8);
    }

    @Test
    void runsLstmsIn8Bits() throws IOException {
        var task = lstm();
        var result = task.run(new StaticInt8(), "{}");
        assertThat(TestTask.field(result, "quantized").get("LSTM").intValue()).isEqualTo(1);
        assertThat(quantized(result.model()).nodes().map(Node::opType)).contains("DynamicQuantizeLSTM");
        assertThat(task.relativeError(result, "y")).isLessThan(SMALL);
    }

    @Test
    void leavesLstmsInFloatIfTheFloorDoesNotHoldOtherwise() throws IOException {
        var result = lstm().run(new StaticInt8(), "{\"minFidelity\": 1}");
        assertThat(TestTask.field(result, "leftInFloat").get("lstm").asText()).contains("floor");
        assertThat(quantized(result.model()).nodes().map(Node::opType)).contains("LSTM");
    }

    @Test
    void looksForHarmfulLayersAmongManyByGroups() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(8), Dimension.of(6), Dimension.of(6));
        for (int i = 0; i < 18; i++) {
            var y = m.node("Conv", List.of(x, m.normal("w" + i, 8, 8, 1, 1)));
            x = i == 9 ? m.node("Mul", List.of(y, m.node("Exp", List.of(y)))) : m.node("Relu", List.of(y));
        }
        m.output(x, DataType.FLOAT, BATCH, Dimension.of(8), Dimension.of(6), Dimension.of(6));
        var task = new TestTask(directory, m.build()).floats("x", 8, 6, 6);
        var result = task.run(new StaticInt8(), "{\"minFidelity\": 0.99999}");
        assertThat(result.report().get("leftInFloat")).isNotEmpty();
        assertThat(task.relativeError(result, x)).isLessThan(SMALL);
    }

    private static Model quantized(@Nullable Path file) throws IOException {
        return Model.read(Objects.requireNonNull(file));
    }
}
