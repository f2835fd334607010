package dev.millrace.engine.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TeacherTest {
    @TempDir
    Path directory;

    /** A student that is the teacher has nothing to learn; with other weights it comes nearer. */
    @Test
    void teachesAStudentItsAnswers() throws IOException {
        var teacher = TinyModels.mlp();
        var student = TinyModels.mlp();
        var data = ToyData.of(student, 8, 1);
        var objective = Objective.of(new Loss.Hint("y", "y", Loss.Measure.MEAN_SQUARE));
        var settings = TrainingSettings.adamW(0.01, Budget.epochs(10));
        try (var teaching = Teacher.open(teacher, List.of("y"), 1, directory)) {
            var taught = teaching.teaching(data);
            assertThat(loss(student, objective, taught)).isCloseTo(0, org.assertj.core.api.Assertions.within(1e-9));

            student.graph().initializers().stream()
                    .filter(tensor -> tensor.rank() == 2)
                    .toList()
                    .forEach(tensor -> student.graph().put(tensor.withFloats(halved(tensor.floats()))));
            double before = loss(student, objective, taught);
            new TrainingLoop(settings, taught, null, TrainingLoop.Observer.none(), Clock.systemUTC(), directory)
                    .run(student, objective);
            assertThat(loss(student, objective, taught)).isLessThan(before / 2);
        }
    }

    @Test
    void findsTheLogitsInFrontOfASoftmax() {
        var model = TinyModels.mlp();
        assertThat(Teacher.logits(model, "y")).isEqualTo("y");
        model.graph().add(Node.of("Softmax", "softmax", List.of("y"), List.of("p"), Attribute.of("axis", -1)));
        model.graph().addOutput(ValueInfo.untyped("p").withType(DataType.FLOAT));
        assertThat(Teacher.logits(model, "p")).isEqualTo("y");
    }

    private double loss(dev.millrace.onnx.Model model, Objective objective, TrainingData data) throws IOException {
        var settings = TrainingSettings.adamW(0.01, Budget.epochs(1));
        try (var trainer = Trainer.open(model, objective, settings, directory)) {
            return trainer.evaluate(data.epoch(0).iterator().next()).total();
        }
    }

    private static float[] halved(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] /= 2;
        }
        return values;
    }
}
