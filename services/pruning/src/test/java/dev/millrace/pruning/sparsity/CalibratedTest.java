package dev.millrace.pruning.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Tensor;
import dev.millrace.pruning.Attempt;
import dev.millrace.stage.StageResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Criteria that look at what layers are fed with. */
class CalibratedTest {
    private static final String HALF = "{\"sparsity\": 0.5, \"format\": \"dense\"}";

    @TempDir
    Path directory;

    /** A layer whose inputs are far from alike: every second is ten times as large, and the third follows the first. */
    private static Model model() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, -1, Attempt.FEATURES);
        var mixing = new float[Attempt.FEATURES * Attempt.FEATURES];
        for (int i = 0; i < Attempt.FEATURES; i++) {
            mixing[i * Attempt.FEATURES + i] = i % 2 == 0 ? 1 : 10;
        }
        mixing[2] = 1;
        m.initializer(Tensor.floats("mixing", mixing, Attempt.FEATURES, Attempt.FEATURES));
        var mixed = m.node("MatMul", List.of("x", "mixing"));
        m.output(m.node("MatMul", List.of(mixed, m.normal("w", Attempt.FEATURES, 12))), DataType.FLOAT, -1, 12);
        return m.build();
    }

    private StageResult pruned(Criterion criterion, String options) throws IOException {
        var ignored = options.replace("}", ", \"ignored\": [\"mixing\"]}");
        return Attempt.of(directory, model()).rows("calibration", 200, null).run(new Sparsify(criterion), ignored);
    }

    @Test
    void wandaWeighsEveryInputByItsNorm() throws IOException {
        var before = model().graph().constant("w").orElseThrow().floats();
        var after = weight(pruned(new Wanda(), HALF));
        for (int column = 0; column < 12; column++) {
            int kept = 0;
            for (int row = 1; row < Attempt.FEATURES; row += 2) {
                kept += after[row * 12 + column] == 0 ? 0 : 1;
            }
            assertThat(kept).isGreaterThanOrEqualTo(5); // of 8 that are kept
        }
        for (int i = 0; i < before.length; i++) {
            assertThat(after[i]).isIn(0f, before[i]);
        }
    }

    @Test
    void whatMakesUpForTheRestLosesLeast() throws IOException {
        double magnitude = error(pruned(new Magnitude(), HALF));
        double wanda = error(pruned(new Wanda(), HALF));
        double sparseGpt = error(pruned(new SparseGpt(), HALF));

        assertThat(wanda).isLessThan(magnitude);
        assertThat(sparseGpt).isLessThan(wanda);
    }

    @Test
    void patternsHoldForBoth() throws IOException {
        for (var criterion : List.of(new Wanda(), new SparseGpt())) {
            var after = weight(pruned(criterion, "{\"pattern\": \"2:4\", \"format\": \"dense\"}"));
            for (int column = 0; column < 12; column++) {
                for (int first = 0; first < Attempt.FEATURES; first += 4) {
                    int kept = 0;
                    for (int row = first; row < first + 4; row++) {
                        kept += after[row * 12 + column] == 0 ? 0 : 1;
                    }
                    assertThat(kept).isEqualTo(2);
                }
            }
        }
    }

    @Test
    void littleMemoryGivesTheSame() throws IOException {
        var two = new ModelBuilder(17);
        two.input("x", DataType.FLOAT, -1, Attempt.FEATURES);
        var hidden = two.node("Relu", List.of(two.node("MatMul", List.of("x", two.normal("v", Attempt.FEATURES, 20)))));
        two.output(two.node("MatMul", List.of(hidden, two.normal("w", 20, 12))), DataType.FLOAT, -1, 12);
        var attempt = Attempt.of(directory, two.build()).rows("calibration", 200, null);
        var atOnce = Attempt.model(attempt.run(new Sparsify(new SparseGpt()), HALF));
        var oneByOne = Attempt.model(attempt.run(new Sparsify(new SparseGpt(1)), HALF));
        assertThat(oneByOne.graph()).isEqualTo(atOnce.graph());
    }

    @Test
    void withoutDataTheyAreRefused() throws IOException {
        for (var criterion : List.of(new Wanda(), new SparseGpt())) {
            var attempt = Attempt.of(directory, model());
            assertThatThrownBy(() -> attempt.run(new Sparsify(criterion), HALF))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("MISSING_DATA");
        }
    }

    private static float[] weight(StageResult result) throws IOException {
        return Attempt.model(result).graph().constant("w").orElseThrow().floats();
    }

    /** Mean square of the difference to the original on fresh rows. */
    private double error(StageResult result) throws IOException {
        var original = directory.resolve("unpruned.onnx");
        model().write(original);
        var random = new Random(5);
        var numbers = new float[64 * Attempt.FEATURES];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        var feed = Map.of("x", Value.of(numbers, 64, Attempt.FEATURES));
        double sum = 0;
        try (var a = OrtSession.open(original, SessionSettings.threads(1));
                var b = OrtSession.open(Objects.requireNonNull(result.model()), SessionSettings.threads(1));
                var expected = a.run(feed);
                var found = b.run(feed)) {
            var name = a.outputs().get(0).name();
            for (int i = 0; i < 64 * 12; i++) {
                sum += Math.pow(expected.get(name).number(i) - found.get(name).number(i), 2);
            }
        }
        return sum;
    }
}
