package dev.millrace.pruning.structured;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Dead channels go through operators that have something to follow: counts of parts, halves of weights, letters. */
class SlicedOperatorsTest {
    private static final Dimension BATCH = HalfDead.BATCH;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(ints = {18, 21})
    void groupsOfANormalizationGoWhole(int opset) throws IOException {
        var m = new ModelBuilder(opset);
        var x = images(m, 4);
        var stem = m.node("Conv", List.of(x, weight(m, "stem.weight", channel -> channel / 2 % 2 == 0, 8, 3, 1, 1)));
        int parameters = opset == 18 ? 4 : 8;
        var scale = m.initializer(Tensor.floats("scale", filled(parameters, 1), parameters));
        var bias = m.initializer(Tensor.floats("bias", filled(parameters, 0), parameters));
        var normal = m.node("GroupNormalization", List.of(stem, scale, bias), Attribute.of("num_groups", 4));
        answerOfImages(m, normal, 8, 4);
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 4, 4);

        assertThat(HalfDead.dims(pruned, "head.weight")).containsExactly(2, 4, 1, 1);
        assertThat(HalfDead.dims(pruned, "scale")).containsExactly(parameters / 2);
        assertThat(only(pruned, "GroupNormalization").integer("num_groups", 0)).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DCR", "CRD"})
    void depthBecomesSpaceWithFewerChannels(String mode) throws IOException {
        var m = new ModelBuilder(17);
        var x = images(m, 2);
        IntPredicate alive = mode.equals("DCR") ? channel -> channel % 4 % 2 == 0 : channel -> channel / 4 % 2 == 0;
        var stem = m.node("Conv", List.of(x, weight(m, "stem.weight", alive, 16, 3, 1, 1)));
        var wide = m.node("DepthToSpace", List.of(stem), Attribute.of("blocksize", 2), Attribute.of("mode", mode));
        answerOfImages(m, wide, 4, 4);
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 2, 2);

        assertThat(HalfDead.dims(pruned, "stem.weight")).containsExactly(8, 3, 1, 1);
        assertThat(HalfDead.dims(pruned, "head.weight")).containsExactly(2, 2, 1, 1);
    }

    @Test
    void spaceBecomesDepthWithFewerChannels() throws IOException {
        var m = new ModelBuilder(17);
        var x = images(m, 4);
        var stem = HalfDead.conv(m, "stem", x, 4, 3, true);
        var deep = m.node("SpaceToDepth", List.of(stem), Attribute.of("blocksize", 2));
        answerOfImages(m, deep, 16, 2);
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 4, 4);

        assertThat(HalfDead.dims(pruned, "head.weight")).containsExactly(2, 8, 1, 1);
    }

    @Test
    void scalesOfIntegerWeightsFollow() throws IOException {
        var m = new ModelBuilder(17);
        var x = images(m, 4);
        var bytes = new byte[8 * 3];
        IntStream.range(0, bytes.length).forEach(i -> bytes[i] = (byte) (i / 3 % 2 == 0 ? 20 + i : 0));
        var integers = m.initializer(Tensor.bytes("stem.integers", DataType.INT8, bytes, 8, 3, 1, 1));
        var scales = m.initializer(Tensor.floats("stem.scales", filled(8, 0.1f), 8));
        var zeros = m.initializer(Tensor.bytes("stem.zeros", DataType.INT8, new byte[8], 8));
        var weight = m.node("DequantizeLinear", List.of(integers, scales, zeros), Attribute.of("axis", 0));
        var stem = HalfDead.relu(m, m.node("Conv", List.of(x, weight)));
        var step = m.initializer(Tensor.floats("step", new float[] {0.05f}));
        var zero = m.initializer(Tensor.bytes("zero", DataType.UINT8, new byte[1]));
        var rounded =
                m.node("DequantizeLinear", List.of(m.node("QuantizeLinear", List.of(stem, step, zero)), step, zero));
        answerOfImages(m, rounded, 8, 4);
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 4, 4);

        assertThat(HalfDead.dims(pruned, "stem.integers")).containsExactly(4, 3, 1, 1);
        assertThat(HalfDead.dims(pruned, "stem.scales")).containsExactly(4);
        assertThat(HalfDead.dims(pruned, "head.weight")).containsExactly(2, 4, 1, 1);
    }

    @Test
    void headsOfOneAttentionOperatorGoWhole() throws IOException {
        var m = new ModelBuilder(23);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(6));
        var parts = List.of("q", "k", "v").stream()
                .map(part -> m.node("MatMul", List.of(x, columns(m, part + ".weight", c -> c / 2 % 2 == 0, 6, 8))))
                .toList();
        var mixed = m.node("Attention", parts, Attribute.of("q_num_heads", 4), Attribute.of("kv_num_heads", 4));
        var y = m.node("MatMul", List.of(mixed, level(m, "out.weight", 8, 2)));
        m.output(y, DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(2));
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 6);

        assertThat(HalfDead.dims(pruned, "q.weight")).containsExactly(6, 4);
        assertThat(HalfDead.dims(pruned, "out.weight")).containsExactly(4, 2);
        assertThat(only(pruned, "Attention").integer("q_num_heads", 0)).isEqualTo(2);
        assertThat(only(pruned, "Attention").integer("kv_num_heads", 0)).isEqualTo(2);
    }

    @Test
    void headsOfPackedAttentionGoFromAllThreeParts() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(6));
        var weight = columns(m, "qkv.weight", c -> c / 2 % 2 == 0, 6, 24);
        var bias = m.initializer(Tensor.floats("qkv.bias", filled(24, 0), 24));
        var mixed = m.node(Node.of(
                        "Attention",
                        "attention",
                        List.of(x, weight, bias),
                        List.of("mixed"),
                        Attribute.of("num_heads", 4))
                .withDomain("com.microsoft"));
        m.output(
                m.node("MatMul", List.of(mixed, level(m, "out.weight", 8, 2))),
                DataType.FLOAT,
                BATCH,
                Dimension.of(3),
                Dimension.of(2));
        var model = m.build();
        model.setOpset("com.microsoft", 1);
        var pruned = HalfDead.halved(directory, model, 1, 3, 6);

        assertThat(HalfDead.dims(pruned, "qkv.weight")).containsExactly(6, 12);
        assertThat(HalfDead.dims(pruned, "qkv.bias")).containsExactly(12);
        assertThat(only(pruned, "Attention").integer("num_heads", 0)).isEqualTo(2);
    }

    @Test
    void axesWithOneLetterShrinkTogether() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(6));
        var hidden = m.node(
                "Einsum",
                List.of(x, columns(m, "in.weight", c -> c % 2 == 0, 6, 8)),
                Attribute.of("equation", "bsi, ih -> bhs"));
        var y = m.node(
                "Einsum",
                List.of(HalfDead.relu(m, hidden), level(m, "out.weight", 8, 2)),
                Attribute.of("equation", "bhs,ho->bso"));
        m.output(y, DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(2));
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 6);

        assertThat(HalfDead.dims(pruned, "in.weight")).containsExactly(6, 4);
        assertThat(HalfDead.dims(pruned, "out.weight")).containsExactly(4, 2);
    }

    @ParameterizedTest
    @CsvSource({"LSTM,4", "GRU,3", "RNN,1"})
    void hiddenUnitsGoFromEveryGate(String type, int gates) throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, Dimension.of(5), BATCH, Dimension.of(6));
        IntPredicate alive = row -> row % 2 == 0;
        var hidden = m.node(Node.of(
                type,
                "layer",
                List.of(
                        x,
                        weight(m, "w", row -> alive.test(row % 8), 1, gates * 8L, 6),
                        weight(m, "r", row -> alive.test(row % 8), 1, gates * 8L, 8)),
                List.of("hidden"),
                Attribute.of("hidden_size", 8)));
        m.output(
                m.node("MatMul", List.of(hidden, level(m, "out.weight", 8, 2))),
                DataType.FLOAT,
                Dimension.of(5),
                Dimension.of(1),
                BATCH,
                Dimension.of(2));
        var pruned = HalfDead.halved(directory, m.build(), 5, 1, 6);

        assertThat(HalfDead.dims(pruned, "w")).containsExactly(1, gates * 4L, 6);
        assertThat(HalfDead.dims(pruned, "r")).containsExactly(1, gates * 4L, 4);
        assertThat(only(pruned, type).integer("hidden_size", 0)).isEqualTo(4);
    }

    @Test
    void groupsOfAConvolutionGoWhole() throws IOException {
        var m = new ModelBuilder(17);
        var x = images(m, 4);
        IntPredicate alive = channel -> channel / 2 % 2 == 0;
        var stem = HalfDead.relu(m, m.node("Conv", List.of(x, weight(m, "stem.weight", alive, 8, 3, 1, 1))));
        var grouped =
                m.node("Conv", List.of(stem, weight(m, "grouped.weight", alive, 8, 2, 1, 1)), Attribute.of("group", 4));
        answerOfImages(m, grouped, 8, 4);
        var pruned = HalfDead.halved(directory, m.build(), 1, 3, 4, 4);

        assertThat(HalfDead.dims(pruned, "stem.weight")).containsExactly(4, 3, 1, 1);
        assertThat(HalfDead.dims(pruned, "grouped.weight")).containsExactly(4, 2, 1, 1);
    }

    private static Node only(Model model, String type) {
        return model.nodes()
                .filter(node -> node.opType().equals(type))
                .findFirst()
                .orElseThrow();
    }

    /** Rows, all axes but the last few that make up a row's elements, are zero where dead. */
    private static String weight(ModelBuilder m, String name, IntPredicate alive, long... dims) {
        int rows = (int) (dims.length == 3 ? dims[1] : dims[0]);
        int size = (int) (Tensor.product(dims) / rows);
        var values = new float[rows * size];
        IntStream.range(0, values.length)
                .forEach(i -> values[i] = alive.test(i / size) ? 0.5f + i % 5 / 4f * (i % 2 == 0 ? 1 : -1) : 0);
        return m.initializer(Tensor.floats(name, values, dims));
    }

    /** A matrix with zero columns where dead. */
    private static String columns(ModelBuilder m, String name, IntPredicate alive, int rows, int columns) {
        var values = new float[rows * columns];
        IntStream.range(0, values.length)
                .forEach(i -> values[i] = alive.test(i % columns) ? 0.5f + i % 5 / 4f * (i % 2 == 0 ? 1 : -1) : 0);
        return m.initializer(Tensor.floats(name, values, rows, columns));
    }

    private static String level(ModelBuilder m, String name, int rows, int columns) {
        var values = new float[rows * columns];
        IntStream.range(0, values.length).forEach(i -> values[i] = i % 3 == 0 ? -0.5f : 0.5f);
        return m.initializer(Tensor.floats(name, values, rows, columns));
    }

    private static float[] filled(int size, float value) {
        var values = new float[size];
        Arrays.fill(values, value);
        return values;
    }

    /** {@code (N, 3, side, side)}. */
    private static String images(ModelBuilder m, int side) {
        return m.input("x", DataType.FLOAT, BATCH, Dimension.of(3), Dimension.of(side), Dimension.of(side));
    }

    /** Two channels of what {@code channels} of the value say, {@code (N, 2, side, side)}. */
    private static void answerOfImages(ModelBuilder m, String value, int channels, int side) {
        m.output(
                HalfDead.conv(m, "head", value, 2, channels, false),
                DataType.FLOAT,
                BATCH,
                Dimension.of(2),
                Dimension.of(side),
                Dimension.of(side));
    }
}
