package dev.millrace.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.stage.StageResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Graphs on which users of other quantizers got a wrong, a larger or no file. More of them: a table that is also the output
 * head and weights with a batch axis in {@link DynamicInt8Test}, a product that is the model's output and a short last block
 * in {@link WeightOnlyTest}.
 */
class PitfallsTest {
    private static final Dimension BATCH = Dimension.symbolic("batch");
    private static final double SMALL = 0.03;

    @TempDir
    private Path directory;

    /** The three inputs have different ranges, so the bias of one use, in units of its scales, is wrong for the others. */
    @Test
    void oneConvAppliedThreeTimesHasOneWeightAndThreeBiases() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(16), Dimension.of(8), Dimension.of(8));
        var w = m.normal("w", 16, 16, 3, 3);
        var bias = new float[16];
        for (int i = 0; i < bias.length; i++) {
            bias[i] = i % 4 - 1.5f;
        }
        var b = m.initializer(Tensor.floats("b", bias, 16));
        for (int i = 0; i < 3; i++) {
            var scaled = m.node("Conv", List.of(x, w, b), Attribute.ints("pads", 1, 1, 1, 1));
            x = m.node("Relu", List.of(scaled));
        }
        var y = m.node("GlobalAveragePool", List.of(x));
        m.output(y, DataType.FLOAT, BATCH, Dimension.of(16), Dimension.of(1), Dimension.of(1));
        var task = new TestTask(directory, m.build()).floats("x", 16, 8, 8);
        var result = task.run(new StaticInt8(), "{}");
        assertThat(task.relativeError(result, y)).isLessThan(SMALL);
        assertThat(ofType(result, DataType.INT8, 2)).isEqualTo(1);
        assertThat(ofType(result, DataType.INT32, 1)).isEqualTo(3);
        assertThat(share(task, result)).isLessThan(0.7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"minmax", "percentile", "entropy", "mse"})
    void everyRangeMethodTakesSamplesOfDifferentLengths(String method) throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.symbolic("length"), Dimension.of(32));
        var h = m.node("MatMul", List.of(x, m.normal("up", 32, 64)));
        var d = m.node("MatMul", List.of(m.node("Relu", List.of(h)), m.normal("down", 64, 32)));
        m.node(Node.of(
                "ReduceMean",
                "mean",
                List.of(d),
                List.of("y"),
                Attribute.ints("axes", 1),
                Attribute.of("keepdims", 0)));
        m.output("y", DataType.FLOAT, BATCH, Dimension.of(32));
        var task = new TestTask(directory, m.build())
                .feeds("x", shape(1, 5), shape(1, 9), shape(3, 17), shape(1, 3), shape(2, 1), shape(1, 30));
        var result = task.run(new StaticInt8(), "{\"method\": \"" + method + "\"}");
        assertThat(task.relativeError(result, "y")).isLessThan(0.08);
        assertThat(TestTask.field(result, "calibrationSamples").intValue()).isEqualTo(1 + 1 + 3 + 1 + 2 + 1);
    }

    private static long[] shape(long batch, long length) {
        return new long[] {batch, length, 32};
    }

    /** A whole Conv of zeros, single dead channels, one that is nearly so, and an output that must stay zero. */
    @Test
    void deadChannelsStayDeadAndGetNormalScales() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(4), Dimension.of(6), Dimension.of(6));
        m.normal("live.weight", 8, 4, 3, 3);
        var weight = m.graph().initializer("live.weight").orElseThrow();
        var live = weight.floats();
        for (int i = 0; i < 36; i++) {
            live[3 * 36 + i] = 0;
            live[5 * 36 + i] *= 1e-36f;
        }
        m.initializer(weight.withFloats(live));
        m.initializer(Tensor.floats("never.weight", new float[live.length], weight.dims()));
        m.initializer(Tensor.floats("never.bias", new float[8], 8));
        var pads = Attribute.ints("pads", 1, 1, 1, 1);
        var a = m.node("Conv", List.of(x, "live.weight"), pads);
        var b = m.node("Conv", List.of(x, "never.weight", "never.bias"), pads);
        var sum = m.node("Relu", List.of(m.node("Add", List.of(a, b))));
        var flat = m.node("Flatten", List.of(m.node("GlobalAveragePool", List.of(sum))));
        m.normal("fc.weight", 8, 6);
        var fc = m.graph().initializer("fc.weight").orElseThrow();
        var rows = fc.floats();
        for (int i = 0; i < rows.length; i += 6) {
            rows[i + 5] = 0;
        }
        m.initializer(fc.withFloats(rows));
        m.node(Node.of("Gemm", "fc", List.of(flat, "fc.weight"), List.of("y")));
        m.output("y", DataType.FLOAT, BATCH, Dimension.of(6));
        var task = new TestTask(directory, m.build()).floats("x", 4, 6, 6);
        var result = task.run(new StaticInt8(), "{}");
        assertThat(task.relativeError(result, "y")).isLessThan(SMALL);
        var y = task.output(result, "y").floats();
        for (int i = 5; i < y.remaining(); i += 6) {
            assertThat(y.get(i)).isZero();
        }
        for (var scale : scales(graph(result))) {
            for (float value : scale.floats()) {
                assertThat(value).as(scale.name()).isBetween(Float.MIN_NORMAL, 1e3f);
            }
        }
    }

    private static List<Tensor> scales(Graph graph) {
        return graph.nodes().stream()
                .filter(node -> node.is("QuantizeLinear") || node.is("DequantizeLinear"))
                .map(node -> graph.constant(node.input(1)).orElseThrow())
                .toList();
    }

    @Test
    void aModelOfBatchOneIsFedRowByRowWithAllRows() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 1, 3, 8, 8);
        var c = m.node("Conv", List.of(x, m.normal("w", 8, 3, 3, 3)));
        var pooled = m.node("GlobalAveragePool", List.of(m.node("Relu", List.of(c))));
        var flat = m.node("Reshape", List.of(pooled, m.longs("shape", 1, 8)));
        m.node(Node.of("Gemm", "fc", List.of(flat, m.normal("fc.weight", 8, 10)), List.of("y")));
        m.output("y", DataType.FLOAT, 1, 10);
        var task = new TestTask(directory, m.build()).floats("x", 3, 8, 8);
        task.feed("x", task.firstRow("x"));
        var result = task.run(new StaticInt8(), "{}");
        assertThat(TestTask.field(result, "calibrationSamples").intValue()).isEqualTo(TestTask.SAMPLES);
        assertThat(graph(result).inputs())
                .containsExactlyElementsOf(Model.read(task.model()).graph().inputs());
        assertThat(task.relativeError(result, "y")).isLessThan(SMALL);
    }

    private static Graph graph(StageResult result) throws IOException {
        return Model.read(Objects.requireNonNull(result.model())).graph();
    }

    private static long ofType(StageResult result, DataType type, int leastRank) throws IOException {
        return graph(result).initializers().stream()
                .filter(tensor -> tensor.type() == type && tensor.rank() >= leastRank)
                .count();
    }

    private static double share(TestTask task, StageResult result) throws IOException {
        return Files.size(Objects.requireNonNull(result.model())) / (double) Files.size(task.model());
    }
}
