package dev.millrace.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.stage.StageResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every other channel of each hidden layer is dead, so half of the channels may go and the answer stays. */
class StructuredTest {
    private static final Dimension BATCH = Dimension.symbolic("batch");

    @TempDir
    private Path directory;

    @Test
    void followsSplitAndConcatOfTheHalves() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(4), Dimension.of(4));
        var stem = relu(m, conv(m, "stem", x, 16, 3, true));
        m.node(Node.of("Split", "split", List.of(stem), List.of("a", "b"), Attribute.of("axis", 1)));
        var branch = relu(m, conv(m, "branch", "b", 8, 8, true));
        m.node(Node.of("Concat", "cat", List.of("a", "b", branch), List.of("cat"), Attribute.of("axis", 1)));
        var head = conv(m, "head", "cat", 2, 24, false);
        m.output(head, DataType.FLOAT, BATCH, Dimension.of(2), Dimension.of(4), Dimension.of(4));
        var pruned = halved(m.build(), 1, 3, 4, 4);

        assertThat(dims(pruned, "stem.weight")).containsExactly(8, 3, 1, 1);
        assertThat(dims(pruned, "branch.weight")).containsExactly(4, 4, 1, 1);
        assertThat(dims(pruned, "head.weight")).containsExactly(2, 12, 1, 1);
    }

    @Test
    void removesBothColumnsOfATensorJoinedToItself() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(4), Dimension.of(4));
        var stem = relu(m, conv(m, "stem", x, 8, 3, true));
        m.node(Node.of("Concat", "cat", List.of(stem, stem), List.of("cat"), Attribute.of("axis", 1)));
        var head = conv(m, "head", "cat", 2, 16, false);
        m.output(head, DataType.FLOAT, BATCH, Dimension.of(2), Dimension.of(4), Dimension.of(4));
        var pruned = halved(m.build(), 1, 3, 4, 4);

        assertThat(dims(pruned, "stem.weight")).containsExactly(4, 3, 1, 1);
        assertThat(dims(pruned, "head.weight")).containsExactly(2, 8, 1, 1);
    }

    @Test
    void keepsTheOneChannelThatIsMultipliedWithAll() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(4), Dimension.of(4));
        var stem = relu(m, conv(m, "stem", x, 8, 3, true));
        var map = conv(m, "map", stem, 1, 8, false);
        var weighted = m.node(Node.of("Mul", "mul", List.of(stem, map), List.of("weighted")));
        var head = conv(m, "head", weighted, 2, 8, false);
        m.output(head, DataType.FLOAT, BATCH, Dimension.of(2), Dimension.of(4), Dimension.of(4));
        var pruned = halved(m.build(), 1, 3, 4, 4);

        assertThat(dims(pruned, "map.weight")).containsExactly(1, 4, 1, 1);
        assertThat(dims(pruned, "head.weight")).containsExactly(2, 4, 1, 1);
    }

    @Test
    void removesRunsOfColumnsBehindAReshapeToAConstant() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(2), Dimension.of(2));
        var stem = relu(m, conv(m, "stem", x, 8, 3, true));
        var flat = m.node(Node.of("Reshape", "flat", List.of(stem, m.longs("shape", -1, 32)), List.of("flat")));
        var y = m.node(Node.of("MatMul", "fc", List.of(flat, m.normal("fc.weight", 32, 2)), List.of("y")));
        m.output(y, DataType.FLOAT, BATCH, Dimension.of(2));
        var pruned = halved(m.build(), 1, 3, 2, 2);

        assertThat(dims(pruned, "fc.weight")).containsExactly(16, 2);
    }

    @Test
    void groupsOfADepthwiseConvolutionFollow() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(4), Dimension.of(4));
        var stem = relu(m, conv(m, "stem", x, 8, 3, true));
        var deep = m.node(Node.of(
                "Conv",
                "deep",
                List.of(stem, m.initializer(alternating("deep.weight", 8, 1))),
                List.of("deep"),
                Attribute.of("group", 8)));
        var head = conv(m, "head", deep, 2, 8, false);
        m.output(head, DataType.FLOAT, BATCH, Dimension.of(2), Dimension.of(4), Dimension.of(4));
        var pruned = halved(m.build(), 1, 3, 4, 4);

        assertThat(dims(pruned, "deep.weight")).containsExactly(4, 1, 1, 1);
        assertThat(pruned.graph().producer("deep").orElseThrow().integer("group", 1))
                .isEqualTo(4);
    }

    @Test
    void prunesBothBranchesOfAResidualAdd() throws IOException {
        var result =
                Attempt.of(directory, TinyModels.cnn()).run(new Structured(), "{\"amount\": 0.5, \"multipleOf\": 1}");
        var pruned = Attempt.model(result);

        assertThat(dims(pruned, "conv2.weight")[0]).isEqualTo(dims(pruned, "conv1.weight")[0]);
        assertThat(Attempt.reported(result, "targetMet").booleanValue()).isTrue();
        assertThat(Attempt.reported(result, "macs").longValue())
                .isLessThanOrEqualTo(Attempt.reported(result, "originalMacs").longValue() / 2);
    }

    @Test
    void saysWhatIsPinnedAndByWhat() throws IOException {
        var result = Attempt.of(directory, TinyModels.mlp())
                .run(new Structured(), "{\"target\": \"channels\", \"amount\": 0}");
        assertThat(Attempt.reported(result, "pinned").toString())
                .contains("input of the model")
                .contains("output of the model");
    }

    /** Removes half of the channels and checks that the answers are the same. */
    private Model halved(Model model, long... dims) throws IOException {
        var attempt = Attempt.of(directory, model);
        StageResult result = attempt.run(new Structured(), "{\"target\": \"channels\", \"multipleOf\": 1}");
        var expected = answers(attempt.model(), dims);
        var found = answers(Objects.requireNonNull(result.model()), dims);
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], within(1e-4f));
        }
        return Attempt.model(result);
    }

    private static float[] answers(Path model, long... dims) throws IOException {
        int size = 1;
        for (long dim : dims) {
            size *= (int) dim;
        }
        var values = new float[size];
        IntStream.range(0, size).forEach(i -> values[i] = (i * 7 % 11 - 5) / 5f);
        try (var session = OrtSession.open(model, SessionSettings.threads(1));
                var outputs = session.run(Map.of("x", Value.of(values, dims)))) {
            var floats = outputs.values().values().iterator().next().floats();
            var copy = new float[floats.remaining()];
            floats.get(copy);
            return copy;
        }
    }

    private static String conv(ModelBuilder m, String name, String x, int out, int in, boolean halfDead) {
        var weight =
                m.initializer(halfDead ? alternating(name + ".weight", out, in) : level(name + ".weight", out, in));
        return m.node(Node.of("Conv", name, List.of(x, weight), List.of(name + ".y")));
    }

    /** Kernels 1×1; the odd ones are zero. */
    private static Tensor alternating(String name, int out, int in) {
        var values = new float[out * in];
        for (int i = 0; i < values.length; i++) {
            values[i] = i / in % 2 == 0 ? 2 + i % 5 : 0;
        }
        return Tensor.floats(name, values, out, in, 1, 1);
    }

    /** Kernels 1×1 of one magnitude, so that only what makes a channel says what it is worth. */
    private static Tensor level(String name, int out, int in) {
        var values = new float[out * in];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 3 == 0 ? -0.5f : 0.5f;
        }
        return Tensor.floats(name, values, out, in, 1, 1);
    }

    private static String relu(ModelBuilder m, String x) {
        return m.node(Node.of("Relu", x + ".relu", List.of(x), List.of(x + ".r")));
    }

    private static long[] dims(Model model, String weight) {
        return model.graph().initializer(weight).orElseThrow().dims();
    }
}
