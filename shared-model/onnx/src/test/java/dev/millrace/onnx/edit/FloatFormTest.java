package dev.millrace.onnx.edit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class FloatFormTest {
    @Test
    void weightsBecomeTheFloatsThatTheyStandForAndRoundingGoes() {
        var m = new ModelBuilder(13);
        m.input("x", DataType.FLOAT, 1, 2);
        m.initializer(Tensor.floats("scale", new float[] {0.5f}));
        m.initializer(Tensor.integers("zero", DataType.UINT8, new long[] {0}));
        m.initializer(Tensor.integers("middle", DataType.UINT8, new long[] {128}));
        m.initializer(Tensor.integers("w", DataType.INT8, new long[] {1, -2, 3, 4}, 2, 2));
        m.initializer(Tensor.floats("scales", new float[] {0.1f, 10}, 2));
        var x = m.node(
                "DequantizeLinear",
                List.of(m.node("QuantizeLinear", List.of("x", "scale", "middle")), "scale", "middle"));
        var w = m.node("DequantizeLinear", List.of("w", "scales"), Attribute.of("axis", 1));
        var y = m.node("MatMul", List.of(x, w));
        var rounded = m.node(
                "DequantizeLinear", List.of(m.node("QuantizeLinear", List.of(y, "scale", "zero")), "scale", "zero"));
        m.output(m.node("Neg", List.of(rounded)), DataType.FLOAT, 1, 2);
        var model = m.build();

        assertThat(FloatForm.restore(model)).isEqualTo(4);

        var graph = model.graph();
        assertThat(graph.nodes()).extracting(Node::opType).containsExactly("MatMul", "Relu", "Neg");
        assertThat(graph.nodes().get(0).input(0)).isEqualTo("x");
        assertThat(graph.constant(graph.nodes().get(0).input(1)).orElseThrow().floats())
                .containsExactly(0.1f, -20, 0.3f, 40);
    }

    @Test
    void blocksHaveStepsOfTheirOwn() {
        var m = new ModelBuilder(21);
        m.input("x", DataType.FLOAT, 1, 4);
        m.initializer(Tensor.integers("w", DataType.INT8, new long[] {1, 2, 3, 4, 5, 6, 7, 8}, 4, 2));
        m.initializer(Tensor.floats("scales", new float[] {1, 10, 100, 1000}, 2, 2));
        var w = m.node(
                "DequantizeLinear", List.of("w", "scales"), Attribute.of("axis", 0), Attribute.of("block_size", 2));
        m.output(m.node("MatMul", List.of("x", w)), DataType.FLOAT, 1, 2);
        var model = m.build();

        FloatForm.restore(model);

        var product = model.graph().nodes().get(0);
        assertThat(model.graph().constant(product.input(1)).orElseThrow().floats())
                .containsExactly(1, 20, 3, 40, 500, 6000, 700, 8000);
    }
}
