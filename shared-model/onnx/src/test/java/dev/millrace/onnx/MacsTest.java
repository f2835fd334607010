package dev.millrace.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.fixture.TinyModels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MacsTest {
    @Test
    void countsConvolutionsAndProductsFromSeenShapes() {
        Map<String, long[]> shapes = Map.of(
                "c1", new long[] {1, 8, 8, 8},
                "c2", new long[] {1, 8, 8, 8},
                "flat", new long[] {1, 8},
                "y", new long[] {1, 10});
        long conv1 = 8L * 8 * 8 * 3 * 3 * 3;
        long conv2 = 8L * 8 * 8 * 8 * 3 * 3;
        assertThat(Macs.of(TinyModels.cnn().graph(), shapes)).hasValue(conv1 + conv2 + 10 * 8);
    }

    @Test
    void countsGroupsTransposedConvolutionsAndRecurrence() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 1, 4, 5, 5);
        m.node(Node.of("Conv", "g", List.of("x", m.normal("w", 4, 1, 3, 3)), List.of("g"), Attribute.of("group", 4)));
        m.node(Node.of("ConvTranspose", "t", List.of("x", m.normal("v", 4, 2, 2, 2)), List.of("t")));
        m.node(Node.of("LSTM", "l", List.of("s", m.normal("i", 1, 24, 3), m.normal("r", 1, 24, 6)), List.of("h")));
        var shapes = new HashMap<String, long[]>();
        shapes.put("x", new long[] {1, 4, 5, 5});
        shapes.put("g", new long[] {1, 4, 3, 3});
        shapes.put("s", new long[] {7, 2, 3});
        long grouped = 4 * 9 * 9;
        long transposed = 4 * 25 * 2 * 4;
        long recurrent = 7 * 2 * 24 * (3 + 6);
        assertThat(Macs.of(m.graph(), shapes)).hasValue(grouped + transposed + recurrent);
    }

    @Test
    void guessesNothing() {
        assertThat(Macs.of(TinyModels.cnn().graph(), Map.of())).isEmpty();
        assertThat(Macs.of(TinyModels.branches().graph(), Map.of("x", new long[] {1, 4}, "h", new long[] {1, 4})))
                .isEmpty();
    }
}
