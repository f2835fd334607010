package dev.millrace.engine.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients of every loss by the value that it compares, beside central differences in float64. */
class LossGradientTest {
    private static final String OTHER = "teacher";

    @TempDir
    Path directory;

    /** A loss, what it compares with, and the value. */
    private record Case(Loss loss, Value target, Value value) {
        @Override
        public String toString() {
            return loss + value.describe();
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case(new Loss.CrossEntropy("y", 0), Value.of(new long[] {1, 0, 2}, 3), normal(3, 4)),
                new Case(new Loss.CrossEntropy("y", 0.1), Value.of(new long[] {1, 0, 2}, 3), normal(3, 4)),
                new Case(new Loss.CrossEntropy("y", 0), Value.of(new long[] {1, 0, 2, 1}, 1, 2, 2), normal(1, 3, 2, 2)),
                new Case(new Loss.CrossEntropy("y", 0), Value.of(new float[] {0.3f, 0.7f, 1, 0}, 2, 2), normal(2, 4)),
                new Case(new Loss.BinaryCrossEntropy("y"), Value.of(new long[] {1, 0, 0, 1}, 2, 2), normal(2, 2)),
                new Case(new Loss.MeanSquare("y"), normal(2, 3), normal(2, 3)),
                new Case(new Loss.Ctc("y", 0), Value.of(new long[] {1, 1, 2, -1}, 2, 2), normal(2, 5, 3)),
                new Case(new Loss.Ctc("y", 2), Value.of(new long[] {0, 1, 3}, 1, 3), normal(1, 4, 4)),
                new Case(new Loss.SoftTargets("y", OTHER, 3), normal(3, 4), normal(3, 4)),
                new Case(hint(Loss.Measure.MEAN_SQUARE), normal(2, 3, 2, 2), normal(2, 3, 2, 2)),
                new Case(hint(Loss.Measure.COSINE), normal(2, 3, 4), normal(2, 3, 4)),
                new Case(hint(Loss.Measure.ATTENTION), normal(2, 5, 2, 2), normal(2, 3, 2, 2)),
                new Case(hint(Loss.Measure.RELATIONAL), normal(4, 5), normal(4, 3)));
    }

    private static Loss hint(Loss.Measure measure) {
        return new Loss.Hint("y", OTHER, measure);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsCentralDifferences(Case one) throws IOException {
        boolean labels = one.loss.target().equals(Loss.LABELS);
        var batch = new Batch(
                Map.of(), 1, labels ? one.target : null, 1, labels ? Map.of() : Map.of(OTHER, one.target), "case");
        var settings = TrainingSettings.of(new Optimizer.Sgd(0, false, 0), Schedule.constant(1), Budget.epochs(1));
        try (var trainer = Trainer.open(weightAsOutput(one.value), Objective.of(one.loss), settings, directory)) {
            assertThat(Differences.largest(trainer, batch, 100)).isLessThan(1e-5);
        }
    }

    /** {@code y = −w}, w a weight in float64. */
    private static Model weightAsOutput(Value numbers) {
        var bytes = ByteBuffer.allocate((int) numbers.size() * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < numbers.size(); i++) {
            bytes.putDouble(-numbers.number(i) / 3);
        }
        var m = new ModelBuilder(17);
        var weight = m.initializer(Tensor.of("w", DataType.DOUBLE, bytes.rewind(), numbers.dims()));
        m.node(Node.of("Neg", "neg", List.of(weight), List.of("y")));
        m.output("y", DataType.DOUBLE, numbers.dims());
        return m.build();
    }

    private static Value normal(long... dims) {
        var random = new Random(11);
        var numbers = new float[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return Value.of(numbers, dims);
    }
}
