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
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four residual blocks of the same size, of which the second and third add next to nothing. */
class BlocksTest {
    private static final String PLAIN = "{\"amount\": %s, \"recovery\": \"none\", \"reconstruct\": false}";

    @TempDir
    private Path directory;

    @Test
    void theBlocksThatMatterLeastGo() throws IOException {
        var result = task(deep()).run(new Blocks(), PLAIN.formatted(0.5));

        assertThat(Attempt.reported(result, "removed")).hasSize(2);
        assertThat(Attempt.model(result).graph().initializers())
                .extracting(Tensor::name)
                .contains("w0", "w3", "head.weight")
                .doesNotContain("w1", "w2");
    }

    @Test
    void noMoreGoesThanWasAskedFor() throws IOException {
        var result = task(deep()).run(new Blocks(), PLAIN.formatted(0.1));

        assertThat(Attempt.reported(result, "removed")).isEmpty();
        assertThat(Attempt.reported(result, "macs")).isEqualTo(Attempt.reported(result, "originalMacs"));
    }

    @Test
    void aModelWithoutBlocksIsRefused() {
        assertThatThrownBy(() -> task(TinyModels.mlp()).run(new Blocks(), "{}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NOTHING_TO_PRUNE");
    }

    private Attempt task(Model model) throws IOException {
        return Attempt.of(directory, model).rows("training", 64, null);
    }

    private static Model deep() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, HalfDead.BATCH, Dimension.of(Attempt.FEATURES));
        var scales = new float[] {0.5f, 0.001f, 0.002f, 0.7f};
        for (int block = 0; block < scales.length; block++) {
            var branch = HalfDead.relu(m, m.node("MatMul", List.of(x, weight(m, "w" + block, scales[block]))));
            x = m.node(Node.of("Add", "add" + block, List.of(x, branch), List.of("sum" + block)));
        }
        var y = m.node("Gemm", List.of(x, m.normal("head.weight", 4, Attempt.FEATURES)), Attribute.of("transB", 1));
        m.output(y, DataType.FLOAT, HalfDead.BATCH, Dimension.of(4));
        return m.build();
    }

    private static String weight(ModelBuilder m, String name, float scale) {
        var values = new float[Attempt.FEATURES * Attempt.FEATURES];
        IntStream.range(0, values.length).forEach(i -> values[i] = scale * (i * 7 % 11 - 5) / 5f);
        return m.initializer(Tensor.floats(name, values, Attempt.FEATURES, Attempt.FEATURES));
    }
}
