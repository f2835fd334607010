package dev.millrace.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
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
        assertThat(TestTask.field(result, "notes").get(0).asText()).contains("fc1.weight", "float16 cannot hold");
    }

    @Test
    void keepsBiasesBitForBit() throws IOException {
        var result = new TestTask(directory, TinyModels.mlp()).floats("x", 16).run(WeightStorage.bfloat16(), "{}");
        assertThat(Model.read(Objects.requireNonNull(result.model())).graph().initializer("fc1.bias"))
                .isEqualTo(TinyModels.mlp().graph().initializer("fc1.bias"));
    }
}
