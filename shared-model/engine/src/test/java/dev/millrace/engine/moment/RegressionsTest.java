package dev.millrace.engine.moment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Weights are found again from what ONNX Runtime makes of them. */
class RegressionsTest {
    private static final int ROWS = 12;
    private static final long ALL = Long.MAX_VALUE;

    @TempDir
    private Path directory;

    static Stream<Arguments> layers() {
        var two = Attribute.of("group", 2);
        return Stream.of(
                layer("Conv", dims(4, 4, 3, 3), dims(6, 5), Attribute.ints("pads", 1, 0, 2, 1)),
                layer("Conv", dims(4, 2, 3), dims(9), two, Attribute.ints("dilations", 2)),
                layer("ConvTranspose", dims(4, 3, 2, 2), dims(5, 6), Attribute.ints("strides", 2, 2)),
                layer("ConvTranspose", dims(4, 2, 3), dims(7), two, Attribute.ints("strides", 2)),
                layer(
                        "ConvTranspose",
                        dims(2, 3, 3, 2),
                        dims(5, 6),
                        Attribute.ints("strides", 3, 1),
                        Attribute.ints("dilations", 1, 2),
                        Attribute.ints("pads", 1, 0, 0, 2),
                        Attribute.ints("output_padding", 1, 0)),
                layer(
                        "ConvTranspose",
                        dims(2, 2, 3, 4),
                        dims(5, 6),
                        Attribute.ints("strides", 2, 3),
                        Attribute.of("auto_pad", "SAME_UPPER")),
                layer(
                        "ConvTranspose",
                        dims(2, 2, 3, 4),
                        dims(5, 6),
                        Attribute.ints("strides", 2, 3),
                        Attribute.of("auto_pad", "SAME_LOWER")),
                layer(
                        "ConvTranspose",
                        dims(2, 2, 3),
                        dims(6),
                        Attribute.ints("strides", 2),
                        Attribute.ints("output_shape", 10)),
                layer("ConvTranspose", dims(4, 1, 2, 1, 3), dims(3, 3, 4), two, Attribute.ints("strides", 2, 1, 2)));
    }

    private static Arguments layer(String type, long[] weight, long[] spatial, Attribute... attributes) {
        return Arguments.of(Node.of(type, "layer", List.of("x", "w", "b"), List.of("y"), attributes), weight, spatial);
    }

    private static long[] dims(long... dims) {
        return dims;
    }

    @ParameterizedTest
    @MethodSource("layers")
    void findsTheWeightsAgain(Node layer, long[] weightDims, long[] spatial) throws IOException {
        int groups = (int) layer.integer("group", 1);
        boolean transposed = layer.is("ConvTranspose");
        int outputs = (int) (transposed ? weightDims[1] * groups : weightDims[0]);
        int channels = (int) (transposed ? weightDims[0] / groups : weightDims[1]); // that an output reads
        var kernel = Arrays.copyOfRange(weightDims, 2, weightDims.length);
        var weight = random(1, Tensor.product(weightDims));
        var bias = random(2, outputs);
        var inputDims = LongStream.concat(LongStream.of(ROWS, (long) channels * groups), Arrays.stream(spatial))
                .toArray();
        var input = Value.of(random(3, Tensor.product(inputDims)), inputDims);

        float[] found;
        try (var session =
                        OrtSession.open(model(layer, weight, weightDims, bias, inputDims), SessionSettings.threads(1));
                var run = session.run(Map.of("x", input));
                var regressions = Regressions.open(directory, 1)) {
            var wanted = run.get("y");
            int columns = channels * (int) Tensor.product(kernel);
            var regression = regressions.regression(groups, columns, outputs, true);
            var nothing = Value.zeros(DataType.FLOAT, wanted.dims());
            var all = LongStream.range(0, outputs).toArray();
            regression.add(vectors(layer, kernel), input, wanted, nothing, 1, all, ALL);
            found = regression.solution(1e-9);
        }

        int size = (int) Tensor.product(kernel);
        int rowSize = channels * size + 1;
        int rows = outputs / groups;
        for (int row = 0; row < outputs; row++) {
            for (int column = 0; column < rowSize - 1; column++) {
                int channel = column / size;
                int stored = transposed
                        ? ((row / rows * channels + channel) * rows + row % rows) * size + column % size
                        : row * (rowSize - 1) + column;
                assertThat(found[row * rowSize + column]).isCloseTo(weight[stored], within(1e-3f));
            }
            assertThat(found[(row + 1) * rowSize - 1]).isCloseTo(bias[row], within(1e-3f));
        }
    }

    private static Vectors vectors(Node layer, long[] kernel) {
        var sizes = Arrays.stream(kernel).boxed().toList();
        return layer.is("Conv") ? Vectors.Patches.of(layer, sizes) : Vectors.Spread.of(layer, sizes);
    }

    private Path model(Node layer, float[] weight, long[] weightDims, float[] bias, long[] inputDims)
            throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, inputDims);
        m.initializer(Tensor.floats("w", weight, weightDims));
        m.initializer(Tensor.floats("b", bias, bias.length));
        var free = new Dimension[inputDims.length];
        Arrays.setAll(free, axis -> Dimension.symbolic("d" + axis));
        m.output(m.node(layer), DataType.FLOAT, free);
        var file = directory.resolve("layer.onnx");
        m.build().write(file);
        return file;
    }

    private static float[] random(long seed, long count) {
        var random = new Random(seed);
        var numbers = new float[(int) count];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }
}
