package dev.millrace.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.engine.Value;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot be quantized is refused with the place, what was found there, and what is allowed. */
class RefusalTest {
    private static final Dimension BATCH = Dimension.symbolic("batch");

    @TempDir
    private Path directory;

    static List<Technique<?>> techniques() {
        return new QuantizationStage().techniques();
    }

    @ParameterizedTest
    @MethodSource("techniques")
    void aModelWithoutWeights(Technique<?> technique) throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(4));
        m.output(m.node("Relu", List.of(x)), DataType.FLOAT, BATCH, Dimension.of(4));
        var problem = refusal(new TestTask(directory, m.build()).floats("x", 4), technique);
        assertThat(problem.code()).isEqualTo("NOTHING_TO_QUANTIZE");
        assertThat(problem.where()).isEqualTo("input.onnx");
        assertThat(problem.found()).contains("no ");
        assertThat(problem.allowed()).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("techniques")
    void aModelWithAnOperatorThatOnnxRuntimeLacks(Technique<?> technique) throws IOException {
        var problem = refusal(new TestTask(directory, withUnknownOperator()).floats("x", 64), technique);
        assertThat(problem.code()).isEqualTo("MODEL_NOT_RUNNABLE");
        assertThat(problem.where()).isEqualTo("input.onnx");
        assertThat(problem.found()).contains("Straighten");
        assertThat(problem.allowed()).isNotEmpty();
    }

    private static Model withUnknownOperator() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(64));
        var h = m.node("MatMul", List.of(x, m.normal("w", 64, 8)));
        m.node(Node.of("Straighten", "bend", List.of(h), List.of("y")));
        m.output("y", DataType.FLOAT, BATCH, Dimension.of(8));
        return m.build();
    }

    @Test
    void dataWithoutAnInputOfTheModel() throws IOException {
        var problem = refusal(mlp().npy("pixels", zeros(8, 16)).npy("mask", zeros(8, 16)), new StaticInt8());
        assertThat(problem.code()).isEqualTo("DATA_MISMATCH");
        assertThat(problem.found()).contains("mask", "pixels");
        assertThat(problem.allowed()).contains("x");
    }

    @Test
    void dataOfAnotherShape() throws IOException {
        var problem = refusal(mlp().npy("x", zeros(8, 15)), new StaticInt8());
        assertThat(problem.code()).isEqualTo("DATA_MISMATCH");
        assertThat(problem.found()).contains("15");
        assertThat(problem.allowed()).contains("x", "16");
    }

    @Test
    void dataOfATypeThatIsNotTheInputs() throws IOException {
        var m = new ModelBuilder(17);
        var ids = m.input("ids", DataType.INT64, BATCH, Dimension.of(4));
        var rows = m.node("Gather", List.of(m.normal("table", 10, 8), ids));
        m.output(
                m.node("MatMul", List.of(rows, m.normal("w", 8, 8))),
                DataType.FLOAT,
                BATCH,
                Dimension.of(4),
                Dimension.of(8));
        var task = new TestTask(directory, m.build()).npy("ids", Value.full(DataType.FLOAT, 0.5, 8, 4));
        var problem = refusal(task, new StaticInt8());
        assertThat(problem.code()).isEqualTo("DATA_MISMATCH");
        assertThat(problem.found()).contains("float", "0.5");
        assertThat(problem.allowed()).contains("ids", "int64");
    }

    @Test
    void anEmptyFolderOfData() throws IOException {
        var problem = refusal(mlp(), new StaticInt8());
        assertThat(problem.code()).isEqualTo("UNKNOWN_FORMAT");
        assertThat(problem.where()).contains("data");
        assertThat(problem.allowed()).isNotEmpty();
    }

    private TestTask mlp() throws IOException {
        return new TestTask(directory, TinyModels.mlp());
    }

    private static Value zeros(long... dims) {
        return Value.zeros(DataType.FLOAT, dims);
    }

    private static Problem refusal(TestTask task, Technique<?> technique) {
        return catchThrowableOfType(RefusedException.class, () -> task.run(technique, "{}"))
                .problem();
    }
}
