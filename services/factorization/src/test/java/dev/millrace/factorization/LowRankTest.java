package dev.millrace.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LowRankTest {
    /** Of float32 weights that were decomposed and multiplied again. */
    private static final double EXACT = 1e-5;

    private static final Dimension BATCH = Dimension.symbolic("batch");

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"MatMul", "Gemm", "transposed Gemm"})
    void findsTheRankOfAWeightAndLosesNothing(String kind) throws IOException {
        var task = TestTask.of(directory, linear(kind, product(48, 3, 40)));

        var result = task.run(new Svd(), "{\"ranks\": \"energy\", \"keep\": 0.9999999}");

        assertThat(ranks(result)).containsExactly("3");
        assertThat(task.relativeError(result, normal(5, 48))).isLessThan(EXACT);
        assertThat(weights(result)).isEqualTo(3 * (48 + 40));
    }

    @ParameterizedTest
    @ValueSource(strings = {"svd", "spatial-svd", "tucker2", "cp"})
    void splitsAConvolutionOfLowRankExactly(String name) throws IOException {
        var task = TestTask.of(directory, convolution());

        var result = task.run(technique(name), "{\"ranks\": \"energy\", \"keep\": 0.999999}");

        assertThat(ranks(result)).hasSize(1);
        assertThat(task.relativeError(result, normal(2, 8, 11, 9))).isLessThan(1e-4);
        assertThat(weights(result)).isLessThan(12L * 8 * 3 * 5);
    }

    @Test
    void keepsTheShareOfWeightsOverAllLayersThatWasAskedFor() throws IOException {
        var task = TestTask.of(directory, TinyModels.mlp());

        var result = task.run(new Svd(), "{\"keep\": 0.7, \"ranks\": \"parameters\"}");

        assertThat(weights(result)).isBetween(1L, (long) (0.7 * (32 * 16 + 4 * 32)));
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 64})
    void fittingWhatLayersSeeIsBetterThanFittingWeights(int outputs) throws IOException {
        var random = new Random(3);
        var rows = new float[256][40];
        for (var row : rows) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) (random.nextGaussian() * Math.exp(-0.2 * i)); // few directions matter
            }
        }
        var task = TestTask.of(directory, linear("MatMul", normals(40 * outputs), 40, outputs));
        var calibrated = task.calibratedBy(rows);
        var x = new float[64 * 40];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (random.nextGaussian() * Math.exp(-0.2 * (i % 40)));
        }
        var options = "{\"keep\": 0.4, \"slower\": true, \"whiten\": %s}";

        double whitened =
                calibrated.relativeError(calibrated.run(new Svd(), options.formatted(true)), Value.of(x, 64, 40));
        double plain =
                calibrated.relativeError(calibrated.run(new Svd(), options.formatted(false)), Value.of(x, 64, 40));

        assertThat(whitened).isLessThan(0.5 * plain);
    }

    @Test
    void sensitivityCutsMoreWhereOutputsDependLess() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(40));
        var much = m.node(Node.of("MatMul", "much", List.of(x, m.normal("w1", 40, 40)), List.of("much")));
        var little = m.node(Node.of("MatMul", "little", List.of(x, m.normal("w2", 40, 40)), List.of("little")));
        var faint = m.node("Mul", List.of(little, m.initializer(Tensor.floats("faint", new float[] {0.01f}, 1))));
        m.node(Node.of("Add", "sum", List.of(much, faint), List.of("y")));
        m.output("y", DataType.FLOAT, BATCH, Dimension.of(40));
        var task = TestTask.of(directory, m.build()).calibratedBy(rows(32, 40));

        var result = task.run(new Svd(), "{\"keep\": 0.6, \"sensitivity\": true, \"slower\": true}");

        var graph = Model.read(Objects.requireNonNull(result.model())).graph();
        assertThat(graph.initializer("w1")).isPresent();
        assertThat(graph.initializer("w2.u").orElseThrow().dim(1)).isLessThanOrEqualTo(4);
    }

    @Test
    void aLayerThatWouldBecomeSlowerStaysAndTheReportSaysWhy() throws IOException {
        var task = TestTask.of(directory, linear("MatMul", normals(40 * 24), 40, 24))
                .calibratedBy(new float[8][40]);

        var result = task.run(new Svd(), "{\"keep\": 0.95, \"ranks\": \"parameters\", \"whiten\": false}");

        assertThat(Objects.requireNonNull(result.report().get("leftWhole")).toString())
                .contains("takes", "the layer as it is");
        assertThat(weights(result)).isEqualTo(40 * 24);
    }

    @Test
    void keepsTheShareOfMultiplyAccumulatesThatWasAskedFor() throws IOException {
        var task = TestTask.of(directory, linear("Gemm", normals(48 * 40))).calibratedBy(rows(4, 48));

        var result = task.run(new Svd(), "{\"ranks\": \"macs\", \"keep\": 0.5, \"slower\": true}");

        assertThat(cost(result, "before", "macs")).isEqualTo(4L * 48 * 40);
        assertThat(cost(result, "after", "macs")).isBetween(1L, 4L * 48 * 40 / 2);
    }

    @Test
    void keepsTheShareOfMeasuredTimeThatWasAskedFor() throws IOException {
        var task = TestTask.of(directory, linear("MatMul", normals(512 * 512), 512, 512))
                .calibratedBy(rows(16, 512));

        var result = task.run(new Svd(), "{\"ranks\": \"latency\", \"keep\": 0.6}");

        assertThat(cost(result, "after", "nanos")).isBetween(1L, (long) (0.6 * cost(result, "before", "nanos")));
    }

    @Test
    void aSumOfCancellingTermsIsNotTaken() throws IOException {
        var task = TestTask.of(directory, borderRankTwo());

        var result = task.run(new Cp(), "{\"ranks\": \"energy\", \"keep\": 0.999999}");

        for (var factor :
                Model.read(Objects.requireNonNull(result.model())).graph().initializers()) {
            for (float weight : factor.floats()) {
                assertThat(Math.abs(weight)).isLessThan(10);
            }
        }
    }

    @Test
    void trainingWinsBackWhatWasLost() throws IOException {
        var data = new float[256][];
        var random = new Random(5);
        for (int i = 0; i < data.length; i++) {
            data[i] = new float[40];
            for (int k = 0; k < 40; k++) {
                data[i][k] = (float) (random.nextGaussian() * Math.exp(-0.2 * k)); // few directions matter
            }
        }
        var task =
                TestTask.of(directory, linear("Gemm", normals(40 * 24), 40, 24)).with("training", data);
        var options =
                "{\"keep\": 0.4, \"recovery\": \"%s\", \"epochs\": 30, \"batchSize\": 16, \"learningRate\": 0.02}";
        var x = Value.of(flat(data), data.length, 40);

        double left = task.relativeError(task.run(new Svd(), options.formatted("none")), x);
        var mended = task.run(new Svd(), options.formatted("auto"));

        assertThat(task.relativeError(mended, x)).isLessThan(0.6 * left);
        assertThat(Objects.requireNonNull(mended.report().get("recovery"))
                        .get("method")
                        .textValue())
                .isEqualTo("distill");
        assertThat(ranks(mended)).isNotEmpty();
    }

    @Test
    void multiplyAccumulatesNeedData() throws IOException {
        var task = TestTask.of(directory, TinyModels.mlp());

        assertThatThrownBy(() -> task.run(new Svd(), "{\"ranks\": \"macs\"}"))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e -> assertThat(e.problem().code()).isEqualTo("CALIBRATION_MISSING"));
    }

    @Test
    void aModelWithoutSuchALayerIsRefusedWithTheReasons() throws IOException {
        var task = TestTask.of(directory, TinyModels.mlp());

        assertThatThrownBy(() -> task.run(new Tucker(), "{}")).isInstanceOfSatisfying(RefusedException.class, e -> {
            assertThat(e.problem().code()).isEqualTo("NOTHING_TO_FACTORIZE");
            assertThat(e.problem().found()).contains("fc1: it is no convolution");
        });
    }

    @Test
    void leavesLayersAloneThatAreIgnored() throws IOException {
        var task = TestTask.of(directory, TinyModels.mlp());

        var result = task.run(new Svd(), "{\"keep\": 0.3, \"ignored\": [\"fc2\"]}");

        assertThat(Model.read(Objects.requireNonNull(result.model())).graph().initializer("fc2.weight"))
                .isPresent();
        assertThat(Objects.requireNonNull(result.report().get("leftWhole")).toString())
                .contains("it was asked for");
    }

    private static Technique<LowRank.Options> technique(String name) {
        return switch (name) {
            case "svd" -> new Svd();
            case "spatial-svd" -> new SpatialSvd();
            case "cp" -> new Cp();
            default -> new Tucker();
        };
    }

    private static float[][] rows(int count, int width) {
        var values = normals(count * width);
        var rows = new float[count][];
        for (int i = 0; i < count; i++) {
            rows[i] = Arrays.copyOfRange(values, i * width, (i + 1) * width);
        }
        return rows;
    }

    private static float[] flat(float[][] rows) {
        var values = new float[rows.length * rows[0].length];
        for (int i = 0; i < values.length; i++) {
            values[i] = rows[i / rows[0].length][i % rows[0].length];
        }
        return values;
    }

    private static long cost(StageResult result, String when, String what) {
        return Objects.requireNonNull(result.report().get("layers"))
                .get(0)
                .get(when)
                .get(what)
                .longValue();
    }

    /**
     * {@code a∘a∘b + a∘b∘a + b∘a∘a}, the limit of sums of two terms that grow without end.
     */
    private static Model borderRankTwo() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(8), Dimension.of(4), Dimension.of(8));
        var weight = new float[8 * 8 * 8];
        weight[1] = 1;
        weight[8] = 1;
        weight[64] = 1;
        m.node(Node.of(
                "Conv", "conv", List.of(x, m.initializer(Tensor.floats("w", weight, 8, 8, 1, 8))), List.of("y")));
        m.output("y", DataType.FLOAT, BATCH, Dimension.of(8), Dimension.symbolic("h"), Dimension.symbolic("w"));
        return m.build();
    }

    private static List<String> ranks(StageResult result) {
        return Objects.requireNonNull(result.report().get("layers")).findValuesAsText("ranks");
    }

    private static long weights(StageResult result) throws IOException {
        return Model.read(Objects.requireNonNull(result.model())).graph().initializers().stream()
                .filter(tensor -> tensor.rank() > 1)
                .mapToLong(Tensor::elements)
                .sum();
    }

    private static Model linear(String kind, float[] weight) {
        return linear(kind, weight, 48, 40);
    }

    private static Model linear(String kind, float[] weight, int k, int n) {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(k));
        boolean transposed = kind.startsWith("transposed");
        var w = m.initializer(
                transposed
                        ? Tensor.floats("w", Layer.transposed(weight, k, n), n, k)
                        : Tensor.floats("w", weight, k, n));
        m.node(
                kind.equals("MatMul")
                        ? Node.of("MatMul", "layer", List.of(x, w), List.of("y"))
                        : Node.of(
                                "Gemm",
                                "layer",
                                List.of(x, w, m.normal("b", n)),
                                List.of("y"),
                                Attribute.of("transB", transposed ? 1 : 0),
                                Attribute.of("alpha", 0.5f)));
        m.output("y", DataType.FLOAT, BATCH, Dimension.of(n));
        return m.build();
    }

    /** Kernel 3×5 with strides, pads and dilation, the product of one vector for each axis. */
    private static Model convolution() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(8), Dimension.of(11), Dimension.of(9));
        var axes = List.of(normals(12), normals(8), normals(3), normals(5));
        var weight = new float[12 * 8 * 3 * 5];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = axes.get(0)[i / 120] * axes.get(1)[i / 15 % 8] * axes.get(2)[i / 5 % 3] * axes.get(3)[i % 5];
        }
        m.node(Node.of(
                "Conv",
                "conv",
                List.of(x, m.initializer(Tensor.floats("w", weight, 12, 8, 3, 5)), m.normal("b", 12)),
                List.of("y"),
                Attribute.ints("kernel_shape", 3, 5),
                Attribute.ints("strides", 2, 1),
                Attribute.ints("pads", 1, 2, 0, 1),
                Attribute.ints("dilations", 2, 1)));
        m.output("y", DataType.FLOAT, BATCH, Dimension.of(12), Dimension.symbolic("h"), Dimension.symbolic("w"));
        return m.build();
    }

    private static float[] product(int k, int rank, int n) {
        var left = normals(k * rank);
        var right = normals(rank * n);
        var product = new float[k * n];
        for (int i = 0; i < product.length; i++) {
            for (int r = 0; r < rank; r++) {
                product[i] += left[i / n * rank + r] * right[r * n + i % n];
            }
        }
        return product;
    }

    private static float[] normals(int size) {
        var random = new Random(size);
        var values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static Value normal(long... dims) {
        int size = 1;
        for (long dim : dims) {
            size *= (int) dim;
        }
        return Value.of(normals(size), dims);
    }
}
