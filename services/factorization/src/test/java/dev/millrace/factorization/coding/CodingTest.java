package dev.millrace.factorization.coding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.Value;
import dev.millrace.factorization.TestTask;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodingTest {
    private static final Dimension BATCH = Dimension.symbolic("batch");
    private static final String NONE = "{\"minimumElements\": 64, \"storage\": \"%s\"%s}";

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cluster    | ''",
                "cluster    | , \"bits\": 2",
                "cluster    | , \"bits\": 3",
                "cluster    | , \"bits\": 8",
                "cluster    | , \"codebooks\": \"shared\"",
                "vector     | ''",
                "vector     | , \"length\": 2, \"entries\": 16, \"stages\": 1",
                "vector     | , \"length\": 7, \"entries\": 20, \"stages\": 3",
                "dictionary | , \"length\": 8, \"atoms\": 32, \"nonZeros\": 3",
                "dictionary | , \"length\": 10, \"atoms\": 16, \"nonZeros\": 2",
            })
    void indicesAndTablesAreTheSameModelAsPlainWeights(String technique, String options) throws IOException {
        var original = TestTask.of(directory, embedded(normals(1, 40 * 12), normals(2, 12 * 21)));
        var plain = original.run(technique(technique), NONE.formatted("expanded", options));
        var coded = original.run(technique(technique), NONE.formatted("gather", options));

        var ids = Value.of(new long[] {3, 39, 0, 17, 3, 22}, 2, 3);
        var expanded = Objects.requireNonNull(plain.model());
        var reference = TestTask.of(directory, expanded);
        assertThat(reference.relativeError(coded, ids)).isLessThan(1e-6);
        assertThat(original.relativeError(coded, ids)).isLessThan(1.2);
    }

    @Test
    void fourBitsMakeAnEighthOfTheFile() throws IOException {
        var task = TestTask.of(directory, layer(normals(3, 256 * 256), 256, 256));

        var result = task.run(new Cluster(), "{}");

        assertThat(Files.size(Objects.requireNonNull(result.model()))).isLessThan(256 * 256 / 2 + 4000);
        assertThat(weight(result).get("relativeError").doubleValue())
                .isLessThan(0.1); // the best 16 levels for a normal distribution lose 0.0975 of its size
    }

    @Test
    void aWeightOfFewValuesLosesNothing() throws IOException {
        var weight = normals(4, 64 * 64);
        for (int i = 0; i < weight.length; i++) {
            weight[i] = Math.round(weight[i]);
        }
        var task = TestTask.of(directory, layer(weight, 64, 64));

        var result = task.run(new Cluster(), "{}");

        assertThat(task.relativeError(result, Value.of(normals(5, 64), 1, 64))).isLessThan(1e-6);
    }

    @Test
    void whatPruningMadeZeroStaysZero() throws IOException {
        var weight = normals(6, 64 * 64);
        for (int i = 0; i < weight.length; i++) {
            weight[i] = i % 3 == 0 ? weight[i] : 0;
        }
        var task = TestTask.of(directory, layer(weight, 64, 64));

        var coded = weights(task.run(new Cluster(), "{\"bits\": 3, \"storage\": \"expanded\"}"));

        var values = new TreeSet<Float>();
        for (int i = 0; i < weight.length; i++) {
            values.add(coded[i]);
            assertThat(coded[i] == 0).isEqualTo(weight[i] == 0);
        }
        assertThat(values).hasSizeLessThanOrEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cluster    | \"bits\": 2",
                "vector     | \"length\": 4, \"entries\": 64, \"stages\": 1",
                "dictionary | \"length\": 8, \"atoms\": 16, \"nonZeros\": 2"
            })
    void weighingByWhatLayersSeeIsBetterThanNot(String technique, String options) throws IOException {
        var data = uneven(7, 64, 40);
        var task = TestTask.of(directory, layer(rising(8, 40, 64), 40, 64)).calibratedBy(data);
        var weighed = task.run(technique(technique), "{%s}".formatted(options));
        var alike = task.run(technique(technique), "{%s, \"whiten\": false}".formatted(options));

        var x = Value.of(flat(uneven(9, 200, 40)), 200, 40);
        assertThat(task.relativeError(weighed, x)).isLessThan(0.97 * task.relativeError(alike, x));
    }

    @Test
    void laterWeightsMakeUpForEarlierOnes() throws IOException {
        var data = uneven(16, 128, 40);
        for (var row : data) {
            for (int i = 1; i < row.length; i++) {
                row[i] += 0.8f * row[i - 1]; // inputs that go together
            }
        }
        var task = TestTask.of(directory, layer(normals(17, 40 * 24), 40, 24)).calibratedBy(data);
        var compensated = task.run(new Cluster(), "{\"bits\": 3, \"minimumElements\": 64}");
        var nearest = task.run(new Cluster(), "{\"bits\": 3, \"minimumElements\": 64, \"compensate\": false}");

        var x = Value.of(flat(data), data.length, 40);
        assertThat(task.relativeError(compensated, x)).isLessThan(0.7 * task.relativeError(nearest, x));
    }

    @Test
    void tablesMayHaveFewerBits() throws IOException {
        var task = TestTask.of(directory, embedded(normals(1, 40 * 12), normals(2, 12 * 21)));

        var result = task.run(new Cluster(), "{\"bits\": 5, \"tableBits\": 3, \"minimumElements\": 64}");

        assertThat(Objects.requireNonNull(result.report().get("weights")).toString())
                .contains("\"entries\":[8]", "\"entries\":[32]");
    }

    @Test
    void anEntropyLimitIsMetAndBetterThanFewerBits() throws IOException {
        var task = TestTask.of(directory, layer(normals(10, 128 * 128), 128, 128));
        var limited = weight(task.run(new Cluster(), "{\"bits\": 5, \"entropyBits\": 2.8}"));
        var plain = weight(TestTask.of(directory, layer(normals(10, 128 * 128), 128, 128))
                .run(new Cluster(), "{\"bits\": 3}"));

        assertThat(limited.get("entropyBits").doubleValue())
                .isLessThan(2.81)
                .isLessThan(plain.get("entropyBits").doubleValue() + 0.05);
        assertThat(limited.get("relativeError").doubleValue())
                .isLessThan(0.95 * plain.get("relativeError").doubleValue());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "vector     | \"length\": 4, \"entries\": 32, \"stages\": 1 | \"length\": 4, \"entries\": 32, \"stages\": 2",
                "dictionary | \"length\": 8, \"atoms\": 32, \"nonZeros\": 1  | \"length\": 8, \"atoms\": 32, \"nonZeros\": 4",
            })
    void moreTermsLoseLess(String technique, String few, String many) throws IOException {
        double coarse = error(technique, few);
        double fine = error(technique, many);

        assertThat(coarse).isBetween(0.0, 1.0);
        assertThat(fine).isLessThan(0.7 * coarse);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cluster    | \"bits\": 2",
                "cluster    | \"bits\": 2, \"codebooks\": \"shared\"",
                "vector     | \"length\": 2, \"entries\": 16, \"stages\": 1",
                "dictionary | \"length\": 8, \"atoms\": 32, \"nonZeros\": 2",
            })
    void trainingMovesTablesToWhereTheModelErrsLess(String technique, String options) throws IOException {
        var data = uneven(11, 256, 40);
        var task = TestTask.of(directory, layer(rising(12, 40, 32), 40, 32)).with("training", data);
        var trained = ", \"epochs\": 20, \"batchSize\": 16, \"learningRate\": 0.01, \"storage\": \"expanded\"}";
        var left = task.run(technique(technique), "{\"recovery\": \"none\", %s%s".formatted(options, trained));
        var result = task.run(technique(technique), "{%s%s".formatted(options, trained));

        var x = Value.of(flat(data), data.length, 40);
        assertThat(task.relativeError(result, x)).isLessThan(0.95 * task.relativeError(left, x));
        if (technique.equals("cluster")) {
            var values = new TreeSet<Float>();
            for (float weight : weights(result)) {
                values.add(weight);
            }
            assertThat(values).hasSizeLessThanOrEqualTo(4);
        }
    }

    @Test
    void aModelWithoutWeightsIsRefusedWithTheReasons() throws IOException {
        var task = TestTask.of(directory, layer(normals(13, 8 * 8), 8, 8));

        assertThatThrownBy(() -> task.run(new Cluster(), "{}")).isInstanceOfSatisfying(RefusedException.class, e -> {
            assertThat(e.problem().code()).isEqualTo("NOTHING_TO_CODE");
            assertThat(e.problem().found()).contains("w=it has only 64 elements");
        });
    }

    private double error(String technique, String options) throws IOException {
        return weight(TestTask.of(directory, layer(normals(14, 64 * 64), 64, 64))
                        .run(technique(technique), "{%s}".formatted(options)))
                .get("relativeError")
                .doubleValue();
    }

    /** What is told of the first weight. */
    private static JsonNode weight(StageResult result) {
        return Objects.requireNonNull(result.report().get("weights")).get(0);
    }

    private static Technique<?> technique(String name) {
        return switch (name) {
            case "cluster" -> new Cluster();
            case "vector" -> new VectorQuantization();
            default -> new SparseCoding();
        };
    }

    private static float[] weights(StageResult result) throws IOException {
        return Model.read(Objects.requireNonNull(result.model()))
                .graph()
                .initializer("w")
                .orElseThrow()
                .floats();
    }

    /** Rows of a table, looked up and multiplied. */
    private static Model embedded(float[] table, float[] weight) {
        var m = new ModelBuilder(13);
        var x = m.input("x", DataType.INT64, BATCH, Dimension.symbolic("tokens"));
        var rows = m.node(Node.of(
                "Gather", "rows", List.of(m.initializer(Tensor.floats("table", table, 40, 12)), x), List.of("rows")));
        m.node(Node.of(
                "MatMul", "layer", List.of(rows, m.initializer(Tensor.floats("w", weight, 12, 21))), List.of("y")));
        m.output("y", DataType.FLOAT, BATCH, Dimension.symbolic("tokens"), Dimension.of(21));
        return m.build();
    }

    private static Model layer(float[] weight, int k, int n) {
        var m = new ModelBuilder(13);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(k));
        m.node(Node.of("MatMul", "layer", List.of(x, m.initializer(Tensor.floats("w", weight, k, n))), List.of("y")));
        m.output("y", DataType.FLOAT, BATCH, Dimension.of(n));
        return m.build();
    }

    /** Rows of which the first columns are far larger than the last. */
    private static float[][] uneven(int seed, int count, int width) {
        var values = normals(seed, count * width);
        var rows = new float[count][width];
        for (int i = 0; i < values.length; i++) {
            rows[i / width][i % width] = (float) (values[i] * Math.exp(-0.1 * (i % width)));
        }
        return rows;
    }

    /** Weights that are larger where the inputs of {@link #uneven} are smaller. */
    private static float[] rising(int seed, int k, int n) {
        var weight = normals(seed, k * n);
        for (int i = 0; i < weight.length; i++) {
            weight[i] *= (float) Math.exp(0.08 * Math.floorDiv(i, n));
        }
        return weight;
    }

    private static float[] flat(float[][] rows) {
        var values = new float[rows.length * rows[0].length];
        for (int i = 0; i < values.length; i++) {
            values[i] = rows[i / rows[0].length][i % rows[0].length];
        }
        return values;
    }

    private static float[] normals(int seed, int size) {
        var random = new Random(seed);
        var values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
