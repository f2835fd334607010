package dev.millrace.distillation;

import static dev.millrace.distillation.TestTask.figure;
import static dev.millrace.distillation.TestTask.model;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.train.Loss;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.stage.OptionBinder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DerivationTest {
    @TempDir
    Path directory;

    @Test
    void aStudentOfHalfTheWidthLearnsFromItsTeacher() throws IOException {
        var task = new TestTask(directory, TinyModels.mlp()).rows("training", 512, 1, null);

        var result = task.run(new Distill(), "{\"width\": 0.5, \"epochs\": 10, \"learningRate\": 0.01}");

        assertThat(dims(model(result), "fc1.weight")).containsExactly(16, 16);
        assertThat(figure(result, "after", "relativeError")).isLessThan(figure(result, "before", "relativeError"));
    }

    @Test
    void keepsTheChannelsOfMostWeight() throws IOException {
        var teacher = TinyModels.mlp();
        var weight = teacher.graph().constant("fc1.weight").orElseThrow();
        var values = weight.floats();
        for (int i = 0; i < 8 * 16; i++) {
            values[i] *= 100; // the first 8 of 32 neurons
        }
        teacher.graph().setConstant(weight.withFloats(values));
        var readers = teacher.graph().constant("fc2.weight").orElseThrow();
        var columns = readers.floats();
        for (int i = 0; i < columns.length; i++) {
            columns[i] = i % 32 < 8 ? 100 * columns[i] : columns[i];
        }
        teacher.graph().setConstant(readers.withFloats(columns));
        var task = new TestTask(directory, teacher).rows("training", 64, 1, null);

        var student = student(task, "{\"width\": 0.25}");

        var kept = student.graph().constant("fc1.weight").orElseThrow().floats();
        assertThat(kept).containsExactly(Arrays.copyOf(values, 8 * 16));
    }

    @Test
    void takesOutEverySecondBlockAndThenFitsTheOperations() throws IOException {
        var task = new TestTask(directory, pictures(TinyModels.residual(4))).rows("training", 64, 1, null);

        var shorter = student(task, "{\"depth\": 0.5}");
        var least = student(task, "{\"depth\": 0.5, \"macs\": 0.1}");

        assertThat(shorter.graph().nodes().stream().filter(node -> node.is("Conv")))
                .hasSize(1 + 2 * 2);
        assertThat(parameters(least)).isLessThan(parameters(shorter) / 2);
    }

    @Test
    void refusesDepthWithoutBlocks() throws IOException {
        var task = new TestTask(directory, TinyModels.mlp()).rows("training", 64, 1, null);

        assertThatThrownBy(() -> task.run(new Distill(), "{\"depth\": 0.5}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NOTHING_TO_DERIVE");
        assertThatThrownBy(() -> task.run(new Distill(), "{\"width\": 0.5, \"macs\": 0.5}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("BAD_OPTION");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ATTENTION")
    void learnsFromValuesInsideAWiderTeacher(Loss.Measure measure) throws IOException {
        var task = new TestTask(directory, TinyModels.mlp()).rows("training", 256, 1, null);

        var result = task.run(
                new Distill(),
                "{\"width\": 0.5, \"hints\": {\"r\": \"r\"}, \"hintLoss\": \"%s\", \"steps\": 40, \"learningRate\": 0.01}"
                        .formatted(
                                measure == Loss.Measure.MEAN_SQUARE
                                        ? "meanSquare"
                                        : measure.name().toLowerCase(Locale.ROOT)));

        assertThat(Objects.requireNonNull(result.report().get("losses")).toString())
                .contains("Hint[value=r, target=teacher of r, measure=" + measure);
        assertThat(figure(result, "after", "relativeError")).isLessThan(figure(result, "before", "relativeError"));
        assertThat(model(result).graph().nodes())
                .hasSameSizeAs(TinyModels.mlp().graph().nodes());
    }

    @Test
    void learnsWhereInThePictureItsTeacherLooks() throws IOException {
        var task = new TestTask(directory, pictures(TinyModels.residual(2))).rows("training", 64, 1, null);

        var result = task.run(
                new Distill(),
                "{\"width\": 0.5, \"hints\": {\"stem.out\": \"stem.out\"}, \"hintLoss\": \"attention\", \"steps\": 5}");

        assertThat(Objects.requireNonNull(result.report().get("losses")).toString())
                .contains("measure=ATTENTION");
    }

    /** What is trained, before it is. */
    private static Model student(TestTask task, String options) throws IOException {
        var derivation = OptionBinder.bind("test", Derivation.class, TestTask.options(options));
        return Model.read(derivation.student(task.model(), task.fresh()));
    }

    private static long[] dims(Model model, String tensor) {
        return model.graph().constant(tensor).orElseThrow().dims();
    }

    private static long parameters(Model model) {
        return model.graph().initializers().stream().mapToLong(Tensor::elements).sum();
    }

    /** The model behind a layer that makes pictures of rows. */
    private static Model pictures(Model model) {
        var graph = model.graph();
        graph.removeInput("x");
        var rows = new ModelBuilder(17);
        rows.input("rows", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(TestTask.FEATURES));
        graph.addInput(rows.graph().requiredInputs().get(0));
        graph.put(rows.graph()
                .initializer(rows.normal("pictures.weight", TestTask.FEATURES, 3 * 8 * 8))
                .orElseThrow());
        graph.put(Tensor.longs("pictures.shape", new long[] {-1, 3, 8, 8}, 4));
        graph.addFirst(
                Node.of("MatMul", "pictures", List.of("rows", "pictures.weight"), List.of("wide")),
                Node.of(
                        "Reshape",
                        "reshape",
                        List.of("wide", "pictures.shape"),
                        List.of("x"),
                        Attribute.of("allowzero", 0)));
        return model;
    }
}
