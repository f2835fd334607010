package dev.millrace.evaluation;

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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockWeightTest {
    /** Two rows of two blocks of 16; all levels 3 but the first of each row, 8 and 10. */
    private static final Tensor LEVELS = levels();

    @TempDir
    private Path directory;

    private static Tensor levels() {
        var bytes = new byte[32];
        Arrays.fill(bytes, (byte) 0x33);
        bytes[0] = 0x38;
        bytes[16] = 0x3a;
        return Tensor.bytes("levels", DataType.UINT8, bytes, 2, 2, 8);
    }

    @Test
    void countsEachLevelAndWhatIsNotItsBlocksZeroPoint() throws IOException {
        var zeroPoints = Tensor.bytes("zeroPoints", DataType.UINT8, new byte[] {0x13, 0x3a}, 2, 1);
        var weight = Weight.of(write(zeroPoints), model(zeroPoints));
        int scales = 4;
        int packedZeroPoints = 2;
        assertThat(weight.parameters()).isEqualTo(64 + scales + packedZeroPoints);
        int firstRow = 1 + 16; // the 8 in the block around 3, everything in the block around 1
        int secondRow = 15; // all but the 10 in the block around 10, nothing in the block around 3
        assertThat(weight.nonZeroParameters()).isEqualTo(firstRow + secondRow + scales + packedZeroPoints);
    }

    @Test
    void takesTheMiddleForTheZeroPointWhereNoneIsGiven() {
        var weight = BlockWeight.of(model(null)).values().iterator().next();
        assertThat(weight.nonZero()).isEqualTo(63);
    }

    @Test
    void readsZeroPointsBetweenLevels() {
        var zeroPoints = Tensor.floats("zeroPoints", new float[] {3, 2.5f, 3, 3}, 2, 2);
        var weight = BlockWeight.of(model(zeroPoints)).values().iterator().next();
        assertThat(weight.nonZero()).isEqualTo(1 + 16 + 1);
    }

    private Path write(Tensor zeroPoints) throws IOException {
        var file = directory.resolve("model.onnx");
        model(zeroPoints).write(file);
        return file;
    }

    private static Model model(@Nullable Tensor zeroPoints) {
        var m = new ModelBuilder(17);
        var inputs = new ArrayList<>(List.of(
                m.input("x", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(32)),
                m.initializer(LEVELS),
                m.initializer(Tensor.floats("scales", new float[] {1, 2, 3, 4}, 2, 2))));
        if (zeroPoints != null) {
            inputs.add(m.initializer(zeroPoints));
        }
        m.node(Node.of(
                        "MatMulNBits",
                        "product",
                        inputs,
                        List.of("y"),
                        Attribute.of("K", 32),
                        Attribute.of("N", 2),
                        Attribute.of("bits", 4),
                        Attribute.of("block_size", 16))
                .withDomain("com.microsoft"));
        m.output("y", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(2));
        return m.build();
    }
}
