package dev.millrace.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightStorageTest {
    @TempDir
    private Path directory;

    @Test
    void float16KeepsThreeDigits() throws IOException {
        var task = new TestTask(directory, TinyModels.cnn()).floats("x", 3, 8, 8);
        var result = task.run(WeightStorage.float16(), "{}");
        assertThat(task.relativeError(result, "y")).isLessThan(1e-3);
        assertThat(Model.read(Objects.requireNonNull(result.model())).graph().outputs())
                .isEqualTo(TinyModels.cnn().graph().outputs());
    }

    @Test
    void bfloat16KeepsTwoDigits() throws IOException {
        var task = new TestTask(directory, TinyModels.cnn()).floats("x", 3, 8, 8);
        assertThat(task.relativeError(task.run(WeightStorage.bfloat16(), "{}"), "y"))
                .isLessThan(1e-2);
    }

    @Test
    void leavesInFloatWhatFloat16CannotHold() throws IOException {
        var model = TinyModels.mlp();
        var weight = model.graph().initializer("fc1.weight").orElseThrow();
        var values = weight.floats();
        values[0] = 1e6f;
        model.graph().put(Tensor.floats("fc1.weight", values, weight.dims()));
        var result = new TestTask(directory, model).floats("x", 16).run(WeightStorage.float16(), "{}");
        assertThat(Model.read(Objects.requireNonNull(result.model())).graph().initializer("fc1.weight"))
                .hasValueSatisfying(kept -> assertThat(kept.type()).isEqualTo(DataType.FLOAT));
        assertThat(TestTask.field(result, "leftInFloat").get("fc1.weight").asText())
                .contains("float16 cannot hold");
    }

    @Test
    void keepsBiasesBitForBit() throws IOException {
        var result = new TestTask(directory, TinyModels.mlp()).floats("x", 16).run(WeightStorage.bfloat16(), "{}");
        assertThat(Model.read(Objects.requireNonNull(result.model())).graph().initializer("fc1.bias"))
                .isEqualTo(TinyModels.mlp().graph().initializer("fc1.bias"));
    }

    /** {@code y = x·fine − x·coarse + x·other}: what is left of the first two is lost in rounding. */
    private TestTask cancelling() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(8));
        var fine = new float[64];
        var coarse = new float[64];
        for (int i = 0; i < fine.length; i++) {
            coarse[i] = 64;
            fine[i] = 64 + i % 7 * 0.004f;
        }
        var difference = m.node(
                "Sub",
                List.of(
                        m.node("MatMul", List.of(x, m.initializer(Tensor.floats("fine", fine, 8, 8)))),
                        m.node("MatMul", List.of(x, m.initializer(Tensor.floats("coarse", coarse, 8, 8))))));
        var other = new float[64];
        Arrays.fill(other, 0.0123f);
        var y = m.node(
                "Add",
                List.of(difference, m.node("MatMul", List.of(x, m.initializer(Tensor.floats("other", other, 8, 8))))));
        m.output(y, DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(8));
        return new TestTask(directory, m.build()).floats("x", 8);
    }

    @Test
    void leavesTheWeightThatRoundingHarmsMostInFloat() throws IOException {
        var result = cancelling().run(WeightStorage.float16(), "{}");
        assertThat(TestTask.field(result, "leftInFloat").fieldNames())
                .toIterable()
                .containsExactly("fine");
        assertThat(TestTask.field(result, "weights").intValue()).isEqualTo(2);
        assertThat(TestTask.field(result, "fidelity").get(0).get("cosine").doubleValue())
                .isGreaterThan(0.999);
    }

    @Test
    void roundsEveryWeightIfAnythingIsAccepted() throws IOException {
        var result = cancelling().run(WeightStorage.float16(), "{\"minFidelity\": 0}");
        assertThat(TestTask.field(result, "weights").intValue()).isEqualTo(3);
        assertThat(TestTask.field(result, "fidelity").get(0).get("cosine").doubleValue())
                .isLessThan(0.999);
    }
}
