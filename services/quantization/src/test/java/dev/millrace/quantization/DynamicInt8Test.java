package dev.millrace.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Value;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DynamicInt8Test {
    private static final Dimension BATCH = Dimension.symbolic("batch");
    private static final double SMALL = 0.04;

    @TempDir
    private Path directory;

    @Test
    void keepsWhatTheNetworkAnswers() throws IOException {
        var task = new TestTask(directory, TinyModels.mlp()).floats("x", 16);
        var result = task.run(new DynamicInt8(), "{}");
        assertThat(task.relativeError(result, "y")).isLessThan(SMALL);
        assertThat(floatElements(result.model())).isLessThan(100);
    }

    @Test
    void keepsTheIgnoredGemmBitForBit() throws IOException {
        var task = new TestTask(directory, TinyModels.mlp()).floats("x", 16);
        var result = task.run(new DynamicInt8(), "{\"ignored\": [\"fc2\"]}");
        assertThat(Model.read(Objects.requireNonNull(result.model())).graph().initializer("fc2.weight"))
                .isEqualTo(TinyModels.mlp().graph().initializer("fc2.weight"));
        assertThat(task.relativeError(result, "y")).isLessThan(SMALL);
    }

    @Test
    void storesATableThatIsAlsoTheOutputHeadOnce() throws IOException {
        var m = new ModelBuilder(17);
        var ids = m.input("ids", DataType.INT64, BATCH);
        var table = m.normal("table", 32, 8);
        var row = m.node("Gather", List.of(table, ids));
        var head = m.node("Transpose", List.of(table), Attribute.ints("perm", 1, 0));
        var y = m.node("MatMul", List.of(row, head));
        m.output(y, DataType.FLOAT, BATCH, Dimension.of(32));
        var task = new TestTask(directory, m.build()).feed("ids", Value.of(new long[] {3, 31, 0}, 3));
        var result = task.run(new DynamicInt8(), "{}");
        assertThat(task.relativeError(result, y)).isLessThan(SMALL);
        assertThat(floatElements(result.model())).isLessThan(10);
    }

    @Test
    void quantizesWeightsWithABatchAxis() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, Dimension.of(16), Dimension.symbolic("tokens"), Dimension.of(8));
        var y = m.node("MatMul", List.of(x, m.normal("experts", 16, 8, 6)));
        m.output(y, DataType.FLOAT, Dimension.of(16), Dimension.symbolic("tokens"), Dimension.of(6));
        var task = new TestTask(directory, m.build()).floats("x", 5, 8);
        assertThat(task.relativeError(task.run(new DynamicInt8(), "{}"), y)).isLessThan(SMALL);
    }

    @Test
    void runsAnLstmQuantized() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, Dimension.symbolic("time"), Dimension.of(2), Dimension.of(8));
        var y = m.node(
                "LSTM",
                List.of(x, m.normal("w", 1, 24, 8), m.normal("r", 1, 24, 6), m.normal("b", 1, 48)),
                Attribute.of("hidden_size", 6));
        m.output(y, DataType.FLOAT, Dimension.symbolic("time"), Dimension.of(1), Dimension.of(2), Dimension.of(6));
        var task = new TestTask(directory, m.build()).floats("x", 2, 8);
        var result = task.run(new DynamicInt8(), "{}");
        assertThat(Model.read(Objects.requireNonNull(result.model())).nodes())
                .anyMatch(node -> node.opType().equals("DynamicQuantizeLSTM"));
        assertThat(task.relativeError(result, y)).isLessThan(SMALL);
    }

    @Test
    void findsTheWeightsOfAnLstmThatAreSlicesOfOthers() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, Dimension.symbolic("time"), Dimension.of(2), Dimension.of(8));
        var both = m.normal("both", 1, 24, 14);
        var axis = m.longs("axis", 2);
        var w = m.node("Slice", List.of(both, m.longs("zero", 0), m.longs("eight", 8), axis));
        var r = m.node("Slice", List.of(both, "eight", m.longs("end", 14), axis));
        var y = m.node("LSTM", List.of(x, w, r, m.normal("b", 1, 48)), Attribute.of("hidden_size", 6));
        m.output(y, DataType.FLOAT, Dimension.symbolic("time"), Dimension.of(1), Dimension.of(2), Dimension.of(6));
        var task = new TestTask(directory, m.build()).floats("x", 2, 8);
        var result = task.run(new DynamicInt8(), "{}");
        assertThat(TestTask.field(result, "quantized").get("LSTM").intValue()).isEqualTo(1);
        assertThat(task.relativeError(result, y)).isLessThan(SMALL);
    }

    @Test
    void quantizesWeightsInBranches() throws IOException {
        var task = new TestTask(directory, TinyModels.branches())
                .floats("x", 4)
                .feed("flag", Value.full(DataType.BOOL, 1));
        var result = task.run(new DynamicInt8(), "{}");
        assertThat(TestTask.field(result, "quantized").get("MatMul").intValue()).isEqualTo(3);
        assertThat(task.relativeError(result, "y")).isLessThan(SMALL);
    }

    private static long floatElements(@Nullable Path file) throws IOException {
        return Model.read(Objects.requireNonNull(file)).graph().initializers().stream()
                .filter(tensor -> tensor.type() == DataType.FLOAT)
                .mapToLong(tensor -> tensor.elements())
                .sum();
    }
}
