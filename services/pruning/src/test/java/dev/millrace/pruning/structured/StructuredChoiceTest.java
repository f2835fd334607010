package dev.millrace.pruning.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.pruning.Attempt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which channels go and how many, by every importance and ranking, and what fitting does. */
class StructuredChoiceTest {
    private static final int HIDDEN = 16;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource(value = Importance.class, mode = EnumSource.Mode.EXCLUDE, names = "RANDOM")
    void channelsThatDoNothingGoFirst(Importance importance) throws IOException {
        var result = task(halfDead()).run(new Structured(), options("\"importance\": \"" + word(importance) + "\""));

        var kept = Attempt.model(result).graph().initializer("first.weight").orElseThrow();
        assertThat(kept.dims()).containsExactly(HIDDEN / 2, Attempt.FEATURES);
        for (float each : kept.floats()) {
            assertThat(each).isNotZero();
        }
    }

    @Test
    void gradientsNeedLabels() throws IOException {
        var task = Attempt.of(directory, halfDead()).rows("training", 64, null);
        assertThatThrownBy(() -> task.run(new Structured(), options("\"importance\": \"taylor\"")))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("LABELS_MISSING");
    }

    @ParameterizedTest
    @EnumSource(value = Ranking.class, mode = EnumSource.Mode.EXCLUDE, names = "LAYER")
    void theLayerThatIsWorthLessLosesMore(Ranking ranking) throws IOException {
        var dead = perceptron((layer, row, random) -> layer == 0 || row % 2 == 0 ? (float) random.nextGaussian() : 0);
        var options = "{\"amount\": 0.4, \"multipleOf\": 1, \"recovery\": \"none\", \"ranking\": \"%s\"}"
                .formatted(word(ranking));
        var pruned = Attempt.model(task(dead).run(new Structured(), options)).graph();

        var second = pruned.initializer("second.weight").orElseThrow();
        assertThat(second.dim(0)).isLessThanOrEqualTo(HIDDEN / 2);
        assertThat(second.dim(1)).isGreaterThan(HIDDEN / 2);
    }

    @Test
    void fittingLetsNeuronsSpeakForOthers() throws IOException {
        // Neurons of a pair do the same, so that one can do the work of both.
        var rows = new float[HIDDEN / 2][Attempt.FEATURES];
        var random = new Random(3);
        for (var row : rows) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        var column = new int[1];
        var twins = perceptron((layer, row, any) ->
                layer == 0 ? rows[row / 2][column[0]++ % Attempt.FEATURES] : (float) any.nextGaussian());
        var options = "{\"amount\": 0.3, \"multipleOf\": 1, \"recovery\": \"none\", \"reconstruct\": %s}";
        var fitted = task(twins);
        var plain = task(twins);

        double before = plain.unseenError(plain.run(new Structured(), options.formatted(false)));
        double after = fitted.unseenError(fitted.run(new Structured(), options.formatted(true)));

        assertThat(after).isLessThan(0.6 * before);
    }

    @Test
    void theLayerThatFittingMendsLosesMore() throws IOException {
        // Every other neuron of the first layer says what its neighbour says, half as loud.
        var column = new int[1];
        var twins = perceptron((layer, row, random) -> {
            if (layer == 1) {
                return random.nextBoolean() ? 1 : -1;
            }
            boolean own = column[0]++ % Attempt.FEATURES == row / 2;
            return own ? row % 2 == 0 ? 3 : 1.5f : 0;
        });
        var options = "{\"amount\": 0.4, \"multipleOf\": 1, \"recovery\": \"none\", \"ranking\": %s}";

        var plain = Attempt.model(task(twins).run(new Structured(), options.formatted("\"sensitivity\"")));
        var fitted = Attempt.model(task(twins).run(new Structured(), options.formatted("\"fittedSensitivity\"")));

        var nearest = Attempt.model(task(twins).run(new Structured(), options.formatted((Object) null)));

        assertThat(width(fitted, "first.weight")).isEqualTo(HIDDEN / 2).isLessThan(width(plain, "first.weight"));
        assertThat(nearest).isEqualTo(fitted);
    }

    private static long width(Model model, String weight) {
        return model.graph().initializer(weight).orElseThrow().dim(0);
    }

    @Test
    void saysWhetherTheTimeAskedForIsMet() throws IOException {
        var result = task(halfDead())
                .run(new Structured(), "{\"target\": \"latency\", \"amount\": 0.9, \"recovery\": \"none\"}");

        double ratio = Attempt.reported(result, "latencyRatio").doubleValue();
        assertThat(Attempt.reported(result, "targetMet").booleanValue()).isEqualTo(ratio <= 0.1);
        assertThat(Attempt.reported(result, "macs").longValue())
                .isLessThanOrEqualTo(Attempt.reported(result, "originalMacs").longValue());
    }

    @Test
    void leavesWhatAdditionsTieTogetherWhereOnlyBlocksAreCut() throws IOException {
        var task = Attempt.of(directory, TinyModels.cnn());

        assertThatThrownBy(() -> task.run(new Structured(), "{\"residual\": false}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NOTHING_TO_PRUNE");
    }

    private static String options(String more) {
        return "{\"target\": \"channels\", \"amount\": 0.5, \"multipleOf\": 1, \"recovery\": \"none\","
                + " \"reconstruct\": false, " + more + "}";
    }

    /** Every other neuron of both layers is dead. */
    private static Model halfDead() {
        return perceptron((layer, row, random) -> row % 2 == 0 ? (float) random.nextGaussian() : 0);
    }

    private static String word(Enum<?> constant) {
        var words = constant.name().toLowerCase(Locale.ROOT).split("_");
        return words.length == 1
                ? words[0]
                : words[0] + words[1].substring(0, 1).toUpperCase(Locale.ROOT) + words[1].substring(1);
    }

    private Attempt task(Model model) throws IOException {
        return Attempt.of(directory, model).rows("training", 256, row -> row[0] > 0 ? 1 : 0);
    }

    /** What row {@code row} of a layer's weight is filled with, element by element. */
    private interface Filling {
        float of(int layer, int row, Random random);
    }

    /** Two hidden layers of as many neurons. */
    private static Model perceptron(Filling filling) {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, HalfDead.BATCH, Dimension.of(Attempt.FEATURES));
        var random = new Random(5);
        var first = layer(m, "first", x, filled("first.weight", HIDDEN, row -> filling.of(0, row, random)));
        var second = layer(m, "second", first, filled("second.weight", HIDDEN, row -> filling.of(1, row, random)));
        var y = m.node(Node.of(
                "Gemm",
                "head",
                List.of(second, m.normal("head.weight", 4, HIDDEN)),
                List.of("y"),
                Attribute.of("transB", 1)));
        m.output(y, DataType.FLOAT, HalfDead.BATCH, Dimension.of(4));
        return m.build();
    }

    private static Tensor filled(String name, int rows, IntToDoubleFunction row) {
        var values = new float[rows * Attempt.FEATURES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) row.applyAsDouble(i / Attempt.FEATURES);
        }
        return Tensor.floats(name, values, rows, Attempt.FEATURES);
    }

    private static String layer(ModelBuilder m, String name, String x, Tensor weight) {
        var sums = m.node(Node.of(
                "Gemm", name, List.of(x, m.initializer(weight)), List.of(name + ".y"), Attribute.of("transB", 1)));
        return HalfDead.relu(m, sums);
    }
}
