package dev.millrace.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class PairSumsTest {
    private static Layer conv(float[] weight, Attribute group, long... dims) {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, Dimension.of(1), Dimension.of(dims[1]), Dimension.of(4), Dimension.of(4));
        m.initializer(Tensor.floats("w", weight, dims));
        var node = Node.of("Conv", "conv", List.of("x", "w"), List.of("y"), group);
        m.node(node);
        return Layer.of(m.graph(), node).orElseThrow();
    }

    @Test
    void sumsNeighbouringChannelsOfOneTap() {
        // (1, 2, 1, 2): channel 0 is 3, 5, channel 1 is 4, −6; neighbours are (3, 4) and (5, −6)
        var layer = conv(new float[] {3, 5, 4, -6}, Attribute.of("group", 1), 1, 2, 1, 2);
        assertThat(PairSums.leastScales(layer)).containsExactly(7 / 127f);
    }

    @Test
    void takesAConvOfOneChannelForAProductAndADepthwiseOneForNone() {
        var weight = new float[] {3, 5, 4, 6};
        assertThat(PairSums.leastScales(conv(weight, Attribute.of("group", 1), 2, 1, 1, 2)))
                .containsExactly(8 / 127f, 10 / 127f);
        assertThat(PairSums.leastScales(conv(weight, Attribute.of("group", 2), 2, 1, 1, 2)))
                .isEmpty();
    }

    @Test
    void sumsNeighbouringRowsOfAMatrix() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 1, 3);
        m.initializer(Tensor.floats("w", new float[] {1, -2, 3, 4, 5, -6}, 3, 2));
        var node = Node.of("MatMul", "matmul", List.of("x", "w"), List.of("y"));
        m.node(node);
        assertThat(PairSums.leastScales(Layer.of(m.graph(), node).orElseThrow()))
                .containsExactly(5 / 127f, 6 / 127f);
    }
}
