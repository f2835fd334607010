package dev.millrace.distillation;

import static dev.millrace.distillation.TestTask.figure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FineTuneTest {
    private static final String LONG_ENOUGH = "{\"epochs\": 15, \"learningRate\": 0.05}";

    @TempDir
    Path directory;

    @Test
    void learnsClasses() throws IOException {
        var task = new TestTask(directory, TinyModels.mlp())
                .rows("training", 512, 1, FineTuneTest::quadrant)
                .rows("validation", 128, 2, FineTuneTest::quadrant);

        var result = task.run(new FineTune(), LONG_ENOUGH);

        assertThat(figure(result, "before", "top1")).isLessThan(0.6);
        assertThat(figure(result, "after", "top1")).isGreaterThan(0.85);
        assertThat(Objects.requireNonNull(result.report().get("trainingRows")).asInt())
                .isEqualTo(512);
    }

    @Test
    void learnsYesOrNoBeforeASigmoid() throws IOException {
        var task = new TestTask(directory, oneNumber(true)).rows("training", 512, 1, row -> quadrant(row) % 2);

        var result = task.run(new FineTune(), LONG_ENOUGH);

        assertThat(losses(result.report().get("losses"))).contains("BinaryCrossEntropy[value=h]");
        assertThat(figure(result, "after", "top1")).isGreaterThan(0.9);
    }

    @Test
    void learnsNumbers() throws IOException {
        var task = new TestTask(directory, oneNumber(false)).rows("training", 512, 1, row -> Math.round(4 * row[0]));

        var result = task.run(new FineTune(), LONG_ENOUGH);

        assertThat(losses(result.report().get("losses"))).contains("MeanSquare[value=h]");
        assertThat(figure(result, "after", "mse")).isLessThan(0.3 * figure(result, "before", "mse"));
    }

    @Test
    void takesAModelOfFixedBatchSize() throws IOException {
        var model = new ModelBuilder(17);
        var x = model.input("x", DataType.FLOAT, 8, 16);
        model.output(model.node("MatMul", List.of(x, model.normal("w", 16, 4))), DataType.FLOAT, 8, 4);
        var task = new TestTask(directory, model.build()).rows("training", 300, 1, FineTuneTest::quadrant);

        var result = task.run(new FineTune(), LONG_ENOUGH);

        assertThat(figure(result, "after", "top1")).isGreaterThan(0.85);
    }

    @Test
    void learnsSequencesByCtc() throws IOException {
        var task = new TestTask(directory, reader()).sequences("training", 1024, FineTuneTest::word);

        var result = task.run(new FineTune(), "{\"ctcBlank\": 0, \"epochs\": 40, \"learningRate\": 0.03}");

        assertThat(losses(result.report().get("losses"))).contains("Ctc[value=scores, blank=0]");
        assertThat(figure(result, "before", "exactSequences")).isLessThan(0.4);
        assertThat(figure(result, "after", "exactSequences")).isGreaterThan(0.8);
    }

    @Test
    void refusesSequencesLongerThanTheOutput() throws IOException {
        var task = new TestTask(directory, reader()).sequences("training", 64, row -> new long[] {1, 2, 1, 2, 1});

        assertThatThrownBy(() -> task.run(new FineTune(), "{\"ctcBlank\": 0}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("LABELS_MISMATCH")
                .hasMessageContaining("at most 4");
    }

    /** One class or two, by the signs of two numbers; −1 fills up. */
    private static long[] word(float[] row) {
        long first = row[0] > 0 ? 1 : 2;
        return row[1] > 0 ? new long[] {first, 3} : new long[] {first, -1};
    }

    /** Scores of four classes at four steps, behind a Softmax: output {@code (batch, 4, 4)}. */
    private static Model reader() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(TestTask.FEATURES));
        var h = m.node("MatMul", List.of(x, m.normal("w", TestTask.FEATURES, 16)));
        m.node(Node.of("Reshape", "reshape", List.of(h, m.longs("shape", -1, 4, 4)), List.of("scores")));
        var p = m.node("Softmax", List.of("scores"), Attribute.of("axis", 2));
        m.output(p, DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(4), Dimension.of(4));
        return m.build();
    }

    @Test
    void goesOnAfterAKillToTheSameBytes() throws IOException {
        var often = new FineTune(Duration.ZERO);
        var whole = new TestTask(Files.createDirectory(directory.resolve("whole")), TinyModels.mlp())
                .rows("training", 512, 1, FineTuneTest::quadrant);
        var killed = new TestTask(Files.createDirectory(directory.resolve("killed")), TinyModels.mlp())
                .rows("training", 512, 1, FineTuneTest::quadrant);

        var expected = Files.readAllBytes(
                Objects.requireNonNull(whole.run(often, "{\"epochs\": 2}").model()));
        assertThatThrownBy(() -> killed.dieAt(0.6).run(often, "{\"epochs\": 2}"))
                .isInstanceOf(TestTask.Killed.class);
        var found = Files.readAllBytes(
                Objects.requireNonNull(killed.run(often, "{\"epochs\": 2}").model()));

        assertThat(killed.saved()).isEqualTo(whole.saved());
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void refusesALabelThatIsNoClass() throws IOException {
        var task = new TestTask(directory, TinyModels.mlp()).rows("training", 64, 1, row -> quadrant(row) + 1);

        assertThatThrownBy(() -> task.run(new FineTune(), "{}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("LABEL_OUT_OF_RANGE")
                .hasMessageContaining("1 to 4")
                .hasMessageContaining("0 to 3");
    }

    @Test
    void refusesDataWithoutLabels() throws IOException {
        var task = new TestTask(directory, TinyModels.mlp()).rows("training", 64, 1, null);

        assertThatThrownBy(() -> task.run(new FineTune(), "{}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("LABELS_MISSING")
                .hasMessageContaining("distill");
    }

    private static int quadrant(float[] row) {
        return (row[0] > 0 ? 1 : 0) + (row[1] > 0 ? 2 : 0);
    }

    private static String losses(com.fasterxml.jackson.databind.@org.jspecify.annotations.Nullable JsonNode report) {
        return Objects.requireNonNull(report).toString();
    }

    /** {@code h = W·x}, and a Sigmoid behind it if wanted. */
    private static Model oneNumber(boolean sigmoid) {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(16));
        var weights = List.of(x, m.normal("w", 1, 16), m.normal("b", 1));
        var h = m.node(Node.of("Gemm", "fc", weights, List.of("h"), Attribute.of("transB", 1)));
        var y = sigmoid ? m.node("Sigmoid", List.of(h)) : h;
        m.output(y, DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(1));
        return m.build();
    }
}
