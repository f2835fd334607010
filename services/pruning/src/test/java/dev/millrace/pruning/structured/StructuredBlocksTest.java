package dev.millrace.pruning.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.pruning.Attempt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blocks go first and channels of what is left, from four residual blocks of which the second and third add next to nothing. */
class StructuredBlocksTest {
    private static final int WIDTH = 32;

    @TempDir
    private Path directory;

    @Test
    void whatIsLeftToGoGoesInChannels() throws IOException {
        var result = task().run(new Structured(), "{\"amount\": 0.6, \"blocks\": 0.8, \"recovery\": \"none\"}");

        assertThat(Attempt.reported(result, "blocks").path("removed"))
                .extracting(sum -> sum.textValue())
                .containsExactlyInAnyOrder("sum1", "sum2");
        assertThat(Attempt.reported(result, "targetMet").booleanValue()).isTrue();
        double left = Attempt.reported(result, "macs").doubleValue()
                / Attempt.reported(result, "originalMacs").doubleValue();
        assertThat(left).isBetween(0.2, 0.4);
        var weights = Attempt.model(result).graph();
        assertThat(weights.initializer("a1")).isEmpty();
        assertThat(weights.initializer("a0").orElseThrow().dim(1)).isLessThan(WIDTH);
    }

    @Test
    void noBlockGoesWhereNoneMay() throws IOException {
        var result = task().run(new Structured(), "{\"amount\": 0.6, \"blocks\": 0, \"recovery\": \"none\"}");

        assertThat(Attempt.reported(result, "blocks").path("removed")).isEmpty();
        assertThat(Attempt.model(result).graph().initializer("a1")).isPresent();
    }

    @Test
    void channelsDoNotCountBlocks() throws IOException {
        var task = task();
        assertThatThrownBy(() -> task.run(new Structured(), "{\"target\": \"channels\", \"blocks\": 0.5}"))
                .hasMessageContaining("blocks");
    }

    @Test
    void goesOnAfterAKillToTheSameBytes() throws IOException {
        var often = new Structured(Duration.ZERO);
        var options = "{\"blocks\": 0.7, \"epochs\": 1}";
        var killed = task();

        var expected = Files.readAllBytes(
                Objects.requireNonNull(task().run(often, options).model()));
        assertThatThrownBy(() -> killed.dieAt(0.7).run(often, options)).isInstanceOf(Attempt.Killed.class);
        assertThat(killed.saved()).isPositive();

        assertThat(Objects.requireNonNull(killed.run(often, options).model())).hasBinaryContent(expected);
    }

    private Attempt task() throws IOException {
        return Attempt.of(directory, deep()).rows("training", 256, null);
    }

    private static Model deep() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, HalfDead.BATCH, Dimension.of(Attempt.FEATURES));
        x = m.node("MatMul", List.of(x, m.normal("stem", Attempt.FEATURES, WIDTH)));
        var scales = new float[] {0.2f, 0.001f, 0.002f, 0.3f};
        for (int block = 0; block < scales.length; block++) {
            var inner = HalfDead.relu(m, m.node("MatMul", List.of(x, m.normal("a" + block, WIDTH, WIDTH))));
            var outer = m.node("MatMul", List.of(inner, m.normal("b" + block, WIDTH, WIDTH)));
            var scale = m.initializer(Tensor.floats("scale" + block, new float[] {scales[block]}));
            var branch = m.node("Mul", List.of(outer, scale));
            x = m.node(Node.of("Add", "add" + block, List.of(x, branch), List.of("sum" + block)));
        }
        var y = m.node("Gemm", List.of(x, m.normal("head.weight", 4, WIDTH)), Attribute.of("transB", 1));
        m.output(y, DataType.FLOAT, HalfDead.BATCH, Dimension.of(4));
        return m.build();
    }
}
