package dev.millrace.pruning.structured;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.pruning.Attempt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every other channel of each hidden layer is dead, so half of the channels may go and the answer stays. */
class StructuredTest {
    private static final Dimension BATCH = HalfDead.BATCH;

    @TempDir
    private Path directory;

    @Test
    void followsSplitAndConcatOfTheHalves() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(4), Dimension.of(4));
        var stem = HalfDead.relu(m, HalfDead.conv(m, "stem", x, 16, 3, true));
        m.node(Node.of("Split", "split", List.of(stem), List.of("a", "b"), Attribute.of("axis", 1)));
        var branch = HalfDead.relu(m, HalfDead.conv(m, "branch", "b", 8, 8, true));
        m.node(Node.of("Concat", "cat", List.of("a", "b", branch), List.of("cat"), Attribute.of("axis", 1)));
        var head = HalfDead.conv(m, "head", "cat", 2, 24, false);
        m.output(head, DataType.FLOAT, BATCH, Dimension.of(2), Dimension.of(4), Dimension.of(4));
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 4, 4);

        assertThat(HalfDead.dims(pruned, "stem.weight")).containsExactly(8, 3, 1, 1);
        assertThat(HalfDead.dims(pruned, "branch.weight")).containsExactly(4, 4, 1, 1);
        assertThat(HalfDead.dims(pruned, "head.weight")).containsExactly(2, 12, 1, 1);
    }

    @Test
    void removesBothColumnsOfATensorJoinedToItself() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(4), Dimension.of(4));
        var stem = HalfDead.relu(m, HalfDead.conv(m, "stem", x, 8, 3, true));
        m.node(Node.of("Concat", "cat", List.of(stem, stem), List.of("cat"), Attribute.of("axis", 1)));
        var head = HalfDead.conv(m, "head", "cat", 2, 16, false);
        m.output(head, DataType.FLOAT, BATCH, Dimension.of(2), Dimension.of(4), Dimension.of(4));
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 4, 4);

        assertThat(HalfDead.dims(pruned, "stem.weight")).containsExactly(4, 3, 1, 1);
        assertThat(HalfDead.dims(pruned, "head.weight")).containsExactly(2, 8, 1, 1);
    }

    @Test
    void keepsTheOneChannelThatIsMultipliedWithAll() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(4), Dimension.of(4));
        var stem = HalfDead.relu(m, HalfDead.conv(m, "stem", x, 8, 3, true));
        var map = HalfDead.conv(m, "map", stem, 1, 8, false);
        var weighted = m.node(Node.of("Mul", "mul", List.of(stem, map), List.of("weighted")));
        var head = HalfDead.conv(m, "head", weighted, 2, 8, false);
        m.output(head, DataType.FLOAT, BATCH, Dimension.of(2), Dimension.of(4), Dimension.of(4));
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 4, 4);

        assertThat(HalfDead.dims(pruned, "map.weight")).containsExactly(1, 4, 1, 1);
        assertThat(HalfDead.dims(pruned, "head.weight")).containsExactly(2, 4, 1, 1);
    }

    @Test
    void removesRunsOfColumnsBehindAReshapeToAConstant() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(2), Dimension.of(2));
        var stem = HalfDead.relu(m, HalfDead.conv(m, "stem", x, 8, 3, true));
        var flat = m.node(Node.of("Reshape", "flat", List.of(stem, m.longs("shape", -1, 32)), List.of("flat")));
        var y = m.node(Node.of("MatMul", "fc", List.of(flat, m.normal("fc.weight", 32, 2)), List.of("y")));
        m.output(y, DataType.FLOAT, BATCH, Dimension.of(2));
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 2, 2);

        assertThat(HalfDead.dims(pruned, "fc.weight")).containsExactly(16, 2);
    }

    @Test
    void groupsOfADepthwiseConvolutionFollow() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(4), Dimension.of(4));
        var stem = HalfDead.relu(m, HalfDead.conv(m, "stem", x, 8, 3, true));
        var deep = m.node(Node.of(
                "Conv",
                "deep",
                List.of(stem, m.initializer(HalfDead.alternating("deep.weight", 8, 1))),
                List.of("deep"),
                Attribute.of("group", 8)));
        var head = HalfDead.conv(m, "head", deep, 2, 8, false);
        m.output(head, DataType.FLOAT, BATCH, Dimension.of(2), Dimension.of(4), Dimension.of(4));
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 4, 4);

        assertThat(HalfDead.dims(pruned, "deep.weight")).containsExactly(4, 1, 1, 1);
        assertThat(pruned.graph().producer("deep").orElseThrow().integer("group", 1))
                .isEqualTo(4);
    }

    @Test
    void prunesBothBranchesOfAResidualAdd() throws IOException {
        var result =
                Attempt.of(directory, TinyModels.cnn()).run(new Structured(), "{\"amount\": 0.5, \"multipleOf\": 1}");
        var pruned = Attempt.model(result);

        assertThat(HalfDead.dims(pruned, "conv2.weight")[0]).isEqualTo(HalfDead.dims(pruned, "conv1.weight")[0]);
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
}
