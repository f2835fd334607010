package dev.millrace.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.stage.fixture.LocalTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizationAwareTest {
    private static final String UNTRAINED = "\"epochs\": 0.01, \"learningRate\": 1e-12";

    @TempDir
    private Path directory;

    private TestTask cnn() throws IOException {
        return new TestTask(directory, TinyModels.cnn()).floats("x", 3, 8, 8);
    }

    /** The float model teaches; no label is needed. */
    @ParameterizedTest
    @CsvSource({"4, 0.95", "3, 0.7", "2, 0.7"})
    void bringsBackWhatFewBitsLose(int bits, double most) throws IOException {
        var task = cnn();
        double before = error(task, bits, UNTRAINED);
        double after = error(task, bits, "\"epochs\": 60, \"batchSize\": 8, \"learningRate\": 0.01");
        assertThat(after).isLessThan(most * before);
    }

    private static double error(TestTask task, int bits, String options) throws IOException {
        var result = task.run(new QuantizationAware(), options(bits, options));
        return task.relativeError(result, "y");
    }

    private static String options(int bits, String others) {
        return "{\"hardLoss\": 0, \"weightBits\": %d, %s}".formatted(bits, others);
    }

    @Test
    void startsFromWhatWasQuantizedBefore() throws IOException {
        Files.createDirectory(directory.resolve("again"));
        var before = cnn().run(new StaticInt8(), "{}");
        var again = new TestTask(directory.resolve("again"), Model.read(Objects.requireNonNull(before.model())))
                .floats("x", 3, 8, 8);
        var result = again.run(new QuantizationAware(), options(4, UNTRAINED));
        assertThat(Model.read(Objects.requireNonNull(result.model())).graph().initializers())
                .anyMatch(tensor -> tensor.type() == DataType.INT4);
        assertThat(again.relativeError(result, "y")).isLessThan(0.5);
    }

    /** What training computes with and what ONNX Runtime computes is the same up to the rounding of a few values. */
    @Test
    void isAsGoodAsStaticInt8BeforeTraining() throws IOException {
        var task = cnn();
        assertThat(error(task, 8, UNTRAINED)).isLessThan(0.05);
    }

    @Test
    void runsInIntegerKernelsWithWeightsOfFourBits() throws IOException {
        var result = cnn().run(new QuantizationAware(), options(4, UNTRAINED));
        var file = Objects.requireNonNull(result.model());
        assertThat(Model.read(file).graph().initializers())
                .anyMatch(tensor -> tensor.type() == DataType.INT4)
                .noneMatch(tensor -> tensor.type() == DataType.FLOAT && tensor.rank() == 4);
        var optimized = directory.resolve("optimized.onnx");
        OrtSession.open(file, SessionSettings.threads(1).optimizedModel(optimized))
                .close();
        assertThat(Model.read(optimized).nodes().map(Node::opType))
                .contains("QLinearConv")
                .doesNotContain("Conv", "Cast", "FakeQuantize");
    }

    @Test
    void goesOnAfterAKillToTheSameBytes() throws IOException {
        var often = new QuantizationAware(Duration.ZERO);
        var options = options(4, "\"epochs\": 4, \"batchSize\": 8");
        var killed = cnn().attempts().dieAt(0.85);

        var whole = Objects.requireNonNull(cnn().run(often, options).model());
        assertThatThrownBy(() -> killed.run(often, options)).isInstanceOf(LocalTask.Killed.class);
        int before = killed.saved();
        var continued = Objects.requireNonNull(killed.run(often, options).model());

        assertThat(before).isPositive();
        assertThat(Files.mismatch(whole, continued)).isEqualTo(-1);
    }

    @Test
    void givesTheSameBytesTwice() throws IOException {
        var task = cnn();
        var options = options(4, "\"epochs\": 2, \"batchSize\": 8");
        var first = Objects.requireNonNull(
                task.run(new QuantizationAware(), options).model());
        var second = Objects.requireNonNull(
                task.run(new QuantizationAware(), options).model());
        assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    }
}
