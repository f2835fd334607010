package dev.millrace.pruning.structured;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.pruning.Attempt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Channels in pairs that are alike, so that after one of each pair went the layer behind can make up for it exactly. */
class ReconstructionTest {
    private static final int CHANNELS = 8;
    private static final String OPTIONS = "{\"target\": \"channels\", \"amount\": 0.5, \"multipleOf\": 1,"
            + " \"recovery\": \"none\", \"samples\": 128, \"reconstruct\": %s}";

    @TempDir
    private Path directory;

    static Stream<Arguments> layers() {
        return Stream.of(
                layer("Conv", dims(4, 4), dims(3, CHANNELS, 3, 3), Attribute.ints("pads", 1, 1, 1, 1)),
                layer("ConvTranspose", dims(4, 4), dims(CHANNELS, 3, 2, 2), Attribute.ints("strides", 2, 2)),
                layer(
                        "ConvTranspose",
                        dims(4, 4),
                        dims(CHANNELS, 2, 3, 3),
                        Attribute.ints("strides", 2, 1),
                        Attribute.ints("pads", 1, 0, 1, 2),
                        Attribute.ints("output_padding", 1, 0)),
                layer("ConvTranspose", dims(16), dims(CHANNELS, 2, 4), Attribute.ints("strides", 3)),
                layer("ConvTranspose", dims(2, 2, 4), dims(CHANNELS, 1, 1, 2, 2), Attribute.ints("strides", 1, 2, 1)));
    }

    private static Arguments layer(String type, long[] spatial, long[] weight, Attribute... attributes) {
        return Arguments.of(type, spatial, weight, attributes);
    }

    private static long[] dims(long... dims) {
        return dims;
    }

    @ParameterizedTest
    @MethodSource("layers")
    void oneOfAPairSpeaksForBoth(String type, long[] spatial, long[] weight, Attribute[] attributes)
            throws IOException {
        var task =
                Attempt.of(directory, model(type, spatial, weight, attributes)).rows("calibration", 128, null);
        double cut = task.unseenError(task.run(new Structured(), OPTIONS.formatted(false)));
        double fitted = task.unseenError(task.run(new Structured(), OPTIONS.formatted(true)));

        assertThat(cut).isGreaterThan(0.05);
        assertThat(fitted).isLessThan(0.1 * cut);
    }

    @Test
    void saysHowManyLayersWereFitted() throws IOException {
        var result = Attempt.of(
                        directory,
                        model("ConvTranspose", dims(4, 4), dims(CHANNELS, 3, 2, 2), Attribute.ints("strides", 2, 2)))
                .rows("calibration", 128, null)
                .run(new Structured(), OPTIONS.formatted(true));

        assertThat(Attempt.reported(result, "fittedLayers").intValue()).isEqualTo(2);
        assertThat(Attempt.reported(result, "errorFitted").doubleValue())
                .isLessThan(0.1 * Attempt.reported(result, "errorCut").doubleValue());
    }

    /** Rows of sixteen numbers as a value of one channel, a convolution to pairs of channels, and the layer. */
    private static Model model(String type, long[] spatial, long[] weightDims, Attribute... attributes) {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, HalfDead.BATCH, Dimension.of(Attempt.FEATURES));
        var dims = new long[spatial.length + 2];
        dims[0] = -1;
        dims[1] = 1;
        System.arraycopy(spatial, 0, dims, 2, spatial.length);
        var shaped = m.node("Reshape", List.of(x, m.longs("shape", dims)));
        var kernel = new long[spatial.length + 2];
        Arrays.fill(kernel, 2);
        kernel[0] = CHANNELS;
        kernel[1] = 1;
        var random = new Random(3);
        int size = 1 << spatial.length;
        var stem = new float[CHANNELS * size];
        for (int i = 0; i < stem.length; i++) {
            stem[i] = i / size % 2 == 0 ? (float) random.nextGaussian() : stem[i - size];
        }
        var hidden = m.node(
                "Relu",
                List.of(m.node(
                        "Conv",
                        List.of(shaped, m.initializer(Tensor.floats("stem.weight", stem, kernel))),
                        Attribute.of("auto_pad", "SAME_UPPER"))));
        var numbers = new float[(int) Tensor.product(weightDims)];
        boolean transposed = type.equals("ConvTranspose");
        int inner = (int) Tensor.product(weightDims) / (int) (weightDims[0] * (transposed ? 1 : weightDims[1]));
        for (int i = 0; i < numbers.length; i++) {
            boolean second = i / inner % CHANNELS % 2 == 1; // of a pair, and worth less
            numbers[i] = (second ? 0.4f : 1) * (float) random.nextGaussian();
        }
        var weight = m.initializer(Tensor.floats("weight", numbers, weightDims));
        m.node(Node.of(type, "layer", List.of(hidden, weight), List.of("y"), attributes));
        var free = new Dimension[spatial.length + 2];
        Arrays.setAll(free, axis -> Dimension.symbolic("d" + axis));
        m.output("y", DataType.FLOAT, free);
        return m.build();
    }
}
