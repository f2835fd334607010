package dev.millrace.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.stage.StageResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightOnlyTest {
    private static final Dimension BATCH = Dimension.symbolic("batch");

    /** Relative errors of outputs with 4 and 8 bits. */
    private static final double FOUR_BITS = 0.16;

    private static final double EIGHT_BITS = 0.01;

    @TempDir
    private Path directory;

    /** Two MatMul nodes, the first with rows of 72 weights, no multiple of a block, the second making the output. */
    private TestTask ragged() throws IOException {
        var m = new ModelBuilder(21);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.symbolic("frames"), Dimension.of(72));
        var h = m.node("MatMul", List.of(x, m.normal("in", 72, 96)));
        var r = m.node("Relu", List.of(h));
        m.node(Node.of("MatMul", "last", List.of(r, m.normal("out", 96, 40)), List.of("features")));
        m.output("features", DataType.FLOAT, BATCH, Dimension.symbolic("frames"), Dimension.of(40));
        return new TestTask(directory, m.build()).floats("x", 5, 72);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                             | 0.16
            {"algorithm": "rtn"}                                           | 0.16
            {"algorithm": "hqq"}                                           | 0.16
            {"algorithm": "hqq", "zeroPoint": "float"}                     | 0.16
            {"zeroPoint": "float"}                                         | 0.16
            {"zeroPoint": "none"}                                          | 0.16
            {"zeroPoint": "none", "algorithm": "rtn"}                      | 0.16
            {"blockSize": 16}                                              | 0.14
            {"blockSize": 128}                                             | 0.2
            {"bits": 8}                                                    | 0.01
            {"bits": 8, "zeroPoint": "none"}                               | 0.01
            {"format": "dequantizeLinear"}                                 | 0.16
            {"format": "dequantizeLinear", "zeroPoint": "none"}            | 0.16
            {"format": "dequantizeLinear", "bits": 8}                      | 0.01
            {"format": "dequantizeLinear", "bits": 8, "zeroPoint": "none"} | 0.01
            """)
    void keepsOutputAndItsNameWithAShortLastBlock(String options, double largestError) throws IOException {
        var task = ragged();
        var result = task.run(new WeightOnly(), options);
        assertThat(task.relativeError(result, "features")).isLessThan(largestError);
        assertThat(graph(result).outputs())
                .isEqualTo(Model.read(task.model()).graph().outputs());
        assertThat(floatElements(result)).isLessThan((72 * 96 + 96 * 40) / 4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"matMulNBits", "dequantizeLinear"})
    void storesATableThatIsAlsoTheOutputHeadOnce(String format) throws IOException {
        var m = new ModelBuilder(17);
        var ids = m.input("ids", DataType.INT64, BATCH, Dimension.symbolic("length"));
        var table = m.normal("table", 64, 40);
        var row = m.node("Gather", List.of(table, ids));
        var head = m.node("Transpose", List.of(table), Attribute.ints("perm", 1, 0));
        var y = m.node("MatMul", List.of(row, head));
        m.output(y, DataType.FLOAT, BATCH, Dimension.symbolic("length"), Dimension.of(64));
        m.output(row, DataType.FLOAT, BATCH, Dimension.symbolic("length"), Dimension.of(40));
        var task = new TestTask(directory, m.build()).feed("ids", Value.of(new long[] {3, 63, 0, -1}, 2, 2));
        var result = task.run(new WeightOnly(), "{\"format\": \"" + format + "\"}");
        assertThat(task.relativeError(result, y)).isLessThan(FOUR_BITS);
        assertThat(task.relativeError(result, row)).isLessThan(FOUR_BITS);
        assertThat(graph(result).initializers().stream().filter(tensor -> tensor.elements() > 64 * 40 / 4))
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"bits\": 8}", "{\"zeroPoint\": \"float\"}", "{\"zeroPoint\": \"none\"}"})
    void looksUpRowsOfATable(String options) throws IOException {
        var m = new ModelBuilder(13);
        var ids = m.input("ids", DataType.INT64, BATCH);
        var y = m.node("Gather", List.of(m.normal("table", 50, 64), ids));
        m.output(y, DataType.FLOAT, BATCH, Dimension.of(64));
        var task = new TestTask(directory, m.build()).feed("ids", Value.of(new long[] {3, 49, -50}, 3));
        assertThat(task.relativeError(task.run(new WeightOnly(), options), y))
                .isLessThan(options.contains("8") ? EIGHT_BITS : FOUR_BITS);
    }

    @Test
    void keepsTheBiasOfAGemm() throws IOException {
        var task = new TestTask(directory, TinyModels.mlp()).floats("x", 16);
        var result = task.run(new WeightOnly(), "{\"bits\": 8, \"blockSize\": 16}");
        assertThat(task.relativeError(result, "y")).isLessThan(EIGHT_BITS);
        assertThat(graph(result).initializer("fc2.bias"))
                .isEqualTo(TinyModels.mlp().graph().initializer("fc2.bias"));
    }

    @Test
    void multipliesAVectorWithoutBatch() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 64);
        var y = m.node("MatMul", List.of(x, m.normal("w", 64, 8)));
        m.output(y, DataType.FLOAT, 8);
        var task = new TestTask(directory, m.build()).feed("x", Value.full(DataType.FLOAT, 1, 64));
        assertThat(task.relativeError(task.run(new WeightOnly(), "{\"bits\": 8}"), y))
                .isLessThan(EIGHT_BITS);
    }

    @Test
    void storesAWeightThatBothBranchesReadOnce() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, BATCH, Dimension.of(64));
        m.input("flag", DataType.BOOL, new long[0]);
        m.normal("shared", 64, 8);
        m.node(Node.of(
                "If",
                "if",
                List.of("flag"),
                List.of("y"),
                Attribute.of("then_branch", branch("then")),
                Attribute.of("else_branch", branch("else"))));
        m.output("y", DataType.FLOAT, BATCH, Dimension.of(8));
        var task = new TestTask(directory, m.build()).floats("x", 64).feed("flag", Value.full(DataType.BOOL, 1));
        var result = task.run(new WeightOnly(), "{}");
        assertThat(TestTask.field(result, "quantized").get("MatMul").intValue()).isEqualTo(2);
        assertThat(graph(result)
                        .graphs()
                        .flatMap(graph -> graph.initializers().stream())
                        .map(Tensor::name))
                .containsExactly("shared_int4", "shared_int4_scale", "shared_int4_zero_point");
        assertThat(task.relativeError(result, "y")).isLessThan(FOUR_BITS);
    }

    private static Graph branch(String name) {
        var graph = new Graph(name);
        graph.add(Node.of("MatMul", name + ".matmul", List.of("x", "shared"), List.of(name + ".y")));
        graph.addOutput(ValueInfo.tensor(name + ".y", DataType.FLOAT, BATCH, Dimension.of(8)));
        return graph;
    }

    @Test
    void refusesAModelWhoseWeightsWouldNotShrink() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(4));
        m.output(m.node("MatMul", List.of(x, m.normal("w", 4, 8))), DataType.FLOAT, BATCH, Dimension.of(8));
        var task = new TestTask(directory, m.build()).floats("x", 4);
        assertThatThrownBy(() -> task.run(new WeightOnly(), "{}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NOTHING_TO_QUANTIZE");
    }

    @Test
    void keepsIgnoredWeightsBitForBit() throws IOException {
        var task = ragged();
        var result = task.run(new WeightOnly(), "{\"ignored\": \"last\"}");
        assertThat(graph(result).initializer("out"))
                .isEqualTo(Model.read(task.model()).graph().initializer("out"));
        assertThat(TestTask.field(result, "leftInFloat").get("last").asText()).isEqualTo("it was asked for");
    }

    @Test
    void leavesAWeightThatAFloatNodeReadsTooByName() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(64));
        var shared = m.normal("shared", 64, 64);
        var h = m.node(Node.of("MatMul", "reader", List.of(x, shared), List.of("h")));
        var y = m.node("MatMul", List.of(h, m.normal("own", 64, 8)));
        var norm = m.node("ReduceSum", List.of(shared), Attribute.of("keepdims", 0));
        var z = m.node("Add", List.of(y, norm));
        m.output(z, DataType.FLOAT, BATCH, Dimension.of(8));
        var task = new TestTask(directory, m.build()).floats("x", 64);
        var result = task.run(new WeightOnly(), "{}");
        assertThat(TestTask.field(result, "leftInFloat").get("reader").asText()).contains("ReduceSum");
        assertThat(graph(result).initializer("shared")).isPresent();
        assertThat(graph(result).initializer("own")).isEmpty();
        assertThat(task.relativeError(result, z)).isLessThan(FOUR_BITS);
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 1e-37f, Float.NaN, Float.POSITIVE_INFINITY})
    void writesOnlyNormalScales(float oddWeight) throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(64));
        var odd = new float[64 * 8];
        Arrays.fill(odd, oddWeight);
        var h = m.node(Node.of(
                "MatMul", "odd", List.of(x, m.initializer(Tensor.floats("odd.weight", odd, 64, 8))), List.of("h")));
        var y = m.node("MatMul", List.of(x, m.normal("w", 64, 8)));
        m.output(h, DataType.FLOAT, BATCH, Dimension.of(8));
        m.output(y, DataType.FLOAT, BATCH, Dimension.of(8));
        var task = new TestTask(directory, m.build()).floats("x", 64);
        var result = task.run(new WeightOnly(), "{}");
        for (var tensor : graph(result).initializers()) {
            if (tensor.name().endsWith("_scale")) {
                for (float scale : tensor.floats()) {
                    assertThat(Math.abs(scale)).as(tensor.name()).isBetween(Float.MIN_NORMAL, 1e3f);
                }
            }
        }
        assertThat(TestTask.field(result, "leftInFloat").has("odd")).isEqualTo(!Float.isFinite(oddWeight));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"bits\": 3}",
                "{\"blockSize\": 24}",
                "{\"zeroPoint\": \"float\", \"format\": \"dequantizeLinear\"}",
                "{\"zeroPoint\": \"none\", \"algorithm\": \"hqq\"}"
            })
    void refusesOptionsThatDoNotGoTogether(String options) throws IOException {
        var task = ragged();
        assertThatThrownBy(() -> task.run(new WeightOnly(), options))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("BAD_OPTION");
    }

    private static Graph graph(StageResult result) throws IOException {
        return Model.read(Objects.requireNonNull(result.model())).graph();
    }

    private static long floatElements(StageResult result) throws IOException {
        return graph(result).initializers().stream()
                .filter(tensor -> tensor.type() == DataType.FLOAT)
                .mapToLong(Tensor::elements)
                .sum();
    }
}
