package dev.millrace.distillation;

import static dev.millrace.distillation.TestTask.figure;
import static dev.millrace.distillation.TestTask.model;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.SparseTensor;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DistillTest {
    private static final int ROWS = 512;

    private static final int FEW = 64;

    /** So many rows held out tell whether the labels alone are better. */
    private static final int PLENTY = 2_000;

    @TempDir
    Path directory;

    private Model teacher;
    private Path teacherFile;

    @BeforeEach
    void makeTeacher() throws IOException {
        teacher = TinyModels.mlp();
        teacherFile = directory.resolve("teacher.onnx");
        teacher.write(teacherFile);
    }

    @Test
    void recoversAPrunedModelWithoutLabels() throws IOException {
        var task = new TestTask(directory, pruned(0.9f)).baseline(teacher).rows("training", ROWS, 1, null);

        var result = task.run(new Distill(), "{\"epochs\": 30, \"learningRate\": 0.01}");

        assertThat(figure(result, "before", "relativeError")).isGreaterThan(0.15);
        assertThat(figure(result, "after", "relativeError"))
                .isLessThan(0.7 * figure(result, "before", "relativeError"));
    }

    @Test
    void keepsZerosAndTheWayTheyAreStored() throws IOException {
        var pruned = pruned(0.8f);
        var weight = pruned.graph().constant("fc1.weight").orElseThrow();
        pruned.graph().put(SparseTensor.of(weight));
        pruned.raiseIrVersion(6);
        var task = new TestTask(directory, pruned).baseline(teacher).rows("training", ROWS, 1, null);

        var trained = model(task.run(new Distill(), "{\"epochs\": 2}"));

        assertThat(trained.graph().sparseInitializers())
                .singleElement()
                .extracting(SparseTensor::name)
                .isEqualTo("fc1.weight");
        var after = trained.graph().constant("fc1.weight").orElseThrow().floats();
        var before = weight.floats();
        for (int i = 0; i < before.length; i++) {
            assertThat(after[i] == 0).as("zero at " + i).isEqualTo(before[i] == 0);
        }
        assertThat(after).isNotEqualTo(before);
    }

    @Test
    void teachesAGivenStudentByLabelsAndSeveralTeachers() throws IOException {
        var task = new TestTask(directory, teacher).rows("training", ROWS, 1, this::bestOfTeacher);
        var student = task.write(withSoftmax(pruned(0.99f)), "student.onnx");

        var result = task.run(
                new Distill(),
                "{\"student\": \"%s\", \"teacher\": [\"%s\", \"%s\"], \"keepZeros\": false, \"learningRate\": 0.02}"
                        .formatted(
                                student, teacherFile, task.write(withSoftmax(teacher.copy()), "probabilities.onnx")));

        assertThat(figure(result, "teacher", "top1")).isEqualTo(1);
        assertThat(figure(result, "before", "top1")).isLessThan(0.8);
        assertThat(figure(result, "after", "top1")).isGreaterThan(0.85);
        assertThat(Objects.requireNonNull(result.report().get("losses")).toString())
                .contains("0.9 · SoftTargets[value=y, target=teacher of y, temperature=1.0]")
                .contains("0.1 · CrossEntropy[value=y");
        assertThat(model(result).graph().outputs().get(0).name()).isEqualTo("p");
    }

    @Test
    void bringsValuesInsideNearerToTheTeachers() throws IOException {
        var task = new TestTask(directory, pruned(0.6f)).baseline(teacher).rows("training", ROWS, 1, null);

        var result = task.run(new Distill(), "{\"epochs\": 5, \"hints\": {\"r\": \"r\"}, \"hintWeight\": 0.5}");

        assertThat(Objects.requireNonNull(result.report().get("losses")).toString())
                .contains("0.5 · Hint[value=r, target=teacher of r, measure=MEAN_SQUARE]");
        assertThat(figure(result, "after", "cosine")).isGreaterThan(figure(result, "before", "cosine"));
    }

    @Test
    void aModelCanBeItsOwnTeacher() throws IOException {
        var task = new TestTask(directory, teacher).rows("training", ROWS, 1, this::bestOfTeacher);

        var result =
                task.run(new Distill(), "{\"teacher\": \"%s\", \"noise\": 0.3, \"steps\": 20}".formatted(teacherFile));

        assertThat(figure(result, "teacher", "top1")).isEqualTo(1);
        assertThat(figure(result, "after", "top1")).isGreaterThan(0.9);
    }

    @Test
    void endsByTeacherAndByLabelsAndKeepsTheBetter() throws IOException {
        var task =
                new TestTask(directory, pruned(0.9f)).baseline(teacher).rows("training", ROWS, 1, this::bestOfTeacher);

        var result = task.run(new Distill(), "{\"epochs\": 10}");

        double byTeacher = figure(result, "endings", "byTeacher");
        double byLabels = figure(result, "endings", "byLabels");
        assertThat(figure(result, "after", "top1")).isCloseTo(Math.max(byTeacher, byLabels), within(1e-6));
        assertThat(Objects.requireNonNull(result.report().get("steps")).asInt()).isEqualTo(10 * 7);
    }

    /** The teacher never saw these labels. */
    @Test
    void learnsByLabelsFromTheBeginningWhereTheyArePlentyAndBetter() throws IOException {
        var student = pruned(0.9f);
        var options = "{\"epochs\": 6, \"learningRate\": 0.02}";
        var labels = new TestTask(Files.createDirectory(directory.resolve("labels")), student)
                .rows("training", ROWS, 1, DistillTest::positive)
                .rows("validation", PLENTY, 2, DistillTest::positive);
        var both = new TestTask(Files.createDirectory(directory.resolve("both")), student)
                .baseline(teacher)
                .rows("training", ROWS, 1, DistillTest::positive)
                .rows("validation", PLENTY, 2, DistillTest::positive);

        var alone = labels.run(new FineTune(), options);
        var taught = both.run(new Distill(), options);

        assertThat(figure(taught, "endings", "byLabels")).isGreaterThan(figure(taught, "endings", "byTeacher"));
        assertThat(model(taught)).isEqualTo(model(alone));
        assertThat(Objects.requireNonNull(taught.report().get("notes")).toString())
                .contains("without its teacher");
    }

    /** A pruned model, rows with the teacher's own labels, and others held out. */
    private TestTask labelled(String name, int held) throws IOException {
        return new TestTask(Files.createDirectory(directory.resolve(name)), pruned(0.6f))
                .rows("training", ROWS, 1, this::bestOfTeacher)
                .rows("validation", held, 2, DistillTest::positive);
    }

    private static int positive(float[] row) {
        return row[0] > 0 ? 1 : 0;
    }

    @ParameterizedTest
    @ValueSource(ints = {FEW, PLENTY})
    void goesOnAfterAKillInEitherEndingToTheSameBytes(int held) throws IOException {
        var options = "{\"epochs\": 2}";
        var often = new Distill(Duration.ZERO);
        var whole = labelled("whole", held).baseline(teacher);
        var killed = labelled("killed", held).baseline(teacher);

        var expected = bytes(whole.run(often, options).model());
        assertThatThrownBy(() -> killed.dieAt(0.5).run(often, options)).isInstanceOf(TestTask.Killed.class);
        int before = killed.saved();
        assertThatThrownBy(() -> killed.dieAt(0.95).run(often, options)).isInstanceOf(TestTask.Killed.class);
        var found = bytes(killed.run(often, options).model());

        assertThat(before).isBetween(1, whole.saved() - 1);
        assertThat(killed.saved()).isEqualTo(whole.saved());
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void leavesAModelThatTrainingWouldHarm() throws IOException {
        var task = new TestTask(directory, teacher).rows("training", 256, 1, this::bestOfTeacher);
        var liar = teacher.copy();
        var weight = liar.graph().constant("fc2.weight").orElseThrow();
        var negated = weight.floats();
        for (int i = 0; i < negated.length; i++) {
            negated[i] = -negated[i];
        }
        liar.graph().setConstant(weight.withFloats(negated));

        var result = task.run(
                new Distill(),
                "{\"teacher\": \"%s\", \"hardLoss\": 0, \"learningRate\": 0.1, \"epochs\": 3}"
                        .formatted(task.write(liar, "liar.onnx")));

        assertThat(Objects.requireNonNull(result.report().get("notes")).toString())
                .contains("it stays as it was");
        assertThat(model(result)).isEqualTo(teacher);
    }

    @Test
    void hasOneEndingWherePatienceEndsIt() throws IOException {
        var task = new TestTask(directory, teacher).rows("training", ROWS, 1, this::bestOfTeacher);

        var result = task.run(
                new Distill(),
                "{\"teacher\": \"%s\", \"patience\": 1, \"learningRate\": 1e-9, \"epochs\": 20}"
                        .formatted(teacherFile));

        assertThat(Objects.requireNonNull(result.report().get("ending")).asText())
                .isEqualTo("patience");
        assertThat(result.report()).doesNotContainKey("endings");
    }

    @Test
    void leavesFrozenLayersAlone() throws IOException {
        var task = new TestTask(directory, pruned(0.6f)).baseline(teacher).rows("training", ROWS, 1, null);

        var result = task.run(new Distill(), "{\"steps\": 5, \"frozen\": \"fc1\"}");

        assertThat(Objects.requireNonNull(result.report().get("frozen")).toString())
                .isEqualTo("[\"fc1.weight\",\"fc1.bias\"]");
        assertThat(Objects.requireNonNull(result.report().get("steps")).asLong())
                .isEqualTo(5);
        assertThat(floats(model(result), "fc1.weight")).isEqualTo(floats(pruned(0.6f), "fc1.weight"));
        assertThat(floats(model(result), "fc2.weight")).isNotEqualTo(floats(pruned(0.6f), "fc2.weight"));
    }

    @Test
    void refusesAModelThatIsItsOwnTeacher() throws IOException {
        var task = new TestTask(directory, teacher).rows("training", 64, 1, null);

        assertThatThrownBy(() -> task.run(new Distill(), "{}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("TEACHER_MISSING");
    }

    @Test
    void refusesHardLossWithoutLabels() throws IOException {
        var task = new TestTask(directory, pruned(0.6f)).baseline(teacher).rows("training", 64, 1, null);

        assertThatThrownBy(() -> task.run(new Distill(), "{\"hardLoss\": 0.5}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("LABELS_MISSING");
    }

    @Test
    void refusesOptionsOutOfRange() throws IOException {
        var task = new TestTask(directory, pruned(0.6f)).baseline(teacher).rows("training", 64, 1, null);

        assertThatThrownBy(() -> task.run(new Distill(), "{\"temperature\": 0}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("temperature");
    }

    /** The teacher with so much of its first layer set to zero, smallest first. */
    private Model pruned(float sparsity) {
        var model = teacher.copy();
        var weight = model.graph().constant("fc1.weight").orElseThrow();
        var values = weight.floats();
        var magnitudes = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            magnitudes[i] = Math.abs(values[i]);
        }
        java.util.Arrays.sort(magnitudes);
        float threshold = magnitudes[(int) (sparsity * values.length)];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.abs(values[i]) < threshold ? 0 : values[i];
        }
        model.graph().setConstant(weight.withFloats(values));
        return model;
    }

    /** Probabilities {@code p} behind the scores {@code y}. */
    private static Model withSoftmax(Model model) {
        var graph = model.graph();
        graph.add(Node.of("Softmax", "softmax", List.of("y"), List.of("p"), Attribute.of("axis", 1)));
        graph.setOutput(0, graph.outputs().get(0).withName("p"));
        return model;
    }

    private int bestOfTeacher(float[] row) {
        try (var session = OrtSession.open(teacherFile, SessionSettings.threads(1));
                var outputs = session.run(Map.of("x", Value.of(row, 1, TestTask.FEATURES)))) {
            var scores = outputs.get("y").floats();
            int best = 0;
            for (int i = 1; i < scores.capacity(); i++) {
                best = scores.get(i) > scores.get(best) ? i : best;
            }
            return best;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static float[] floats(Model model, String name) {
        return model.graph().constant(name).orElseThrow().floats();
    }

    private static byte[] bytes(@org.jspecify.annotations.Nullable Path file) throws IOException {
        return Files.readAllBytes(Objects.requireNonNull(file));
    }
}
