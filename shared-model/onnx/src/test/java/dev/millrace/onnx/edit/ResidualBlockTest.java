package dev.millrace.onnx.edit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.fixture.TinyModels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResidualBlockTest {
    @Test
    void findsBlocksWithTheActivationBehindThem() {
        var model = TinyModels.residual(3);

        var blocks = ResidualBlock.of(model.graph(), alike(model));

        assertThat(blocks).hasSize(3);
        assertThat(blocks.get(1).signature()).containsExactly("Conv", "Relu", "Conv", "Add", "Relu");
        assertThat(blocks.get(1).from()).isEqualTo(blocks.get(0).to());
        assertThat(ResidualBlock.runs(blocks, alike(model)))
                .singleElement()
                .satisfies(run -> assertThat(run).hasSize(3));
    }

    @Test
    void removingABlockLeavesTheModelWithoutIt() {
        var model = TinyModels.residual(2);

        ResidualBlock.of(model.graph(), alike(model)).get(1).remove(model.graph());

        assertThat(OnnxRuntime.run(withHeadOf(model)).get("y"))
                .containsExactly(OnnxRuntime.run(TinyModels.residual(1)).get("y"));
        assertThat(model.graph().initializer("block1.first.weight")).isEmpty();
    }

    /** The names of the models differ in nothing else. */
    private static Model withHeadOf(Model model) {
        var other = TinyModels.residual(1);
        other.graph()
                .initializers()
                .forEach(tensor -> model.graph()
                        .initializer(tensor.name())
                        .ifPresent(own -> model.graph().put(tensor)));
        return model;
    }

    @Test
    void takesAttentionAndFeedForwardOfATransformerForOneUnit() {
        var m = new ModelBuilder(17);
        var last = m.input("x", DataType.FLOAT, 1, 4, 8);
        for (int layer = 0; layer < 3; layer++) {
            var mixed = m.node("Softmax", List.of(m.node("MatMul", List.of(last, m.normal("a" + layer, 8, 8)))));
            last = m.node("Add", List.of(last, mixed));
            var hidden = m.node("Relu", List.of(m.node("MatMul", List.of(last, m.normal("b" + layer, 8, 16)))));
            last = m.node("Add", List.of(last, m.node("MatMul", List.of(hidden, m.normal("c" + layer, 16, 8)))));
        }
        m.output(m.node("Tanh", List.of(last)), DataType.FLOAT, 1, 4, 8);
        var model = m.build();

        var blocks = ResidualBlock.of(model.graph(), alike(model));

        assertThat(blocks).hasSize(6);
        assertThat(ResidualBlock.runs(blocks, alike(model)))
                .singleElement()
                .satisfies(run -> assertThat(run)
                        .hasSize(3)
                        .allSatisfy(unit -> assertThat(unit).hasSize(2)));
    }

    @Test
    void leavesSumsWithoutWeightsAndBlocksThatSomebodyLooksInto() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 1, 8);
        var cube = m.node("Mul", List.of(x, m.node("Mul", List.of(x, x))));
        var first = m.node("Add", List.of(x, cube)); // as in an approximation of GELU
        var inside = m.node("MatMul", List.of(first, m.normal("w", 8, 8)));
        var second = m.node("Add", List.of(first, m.node("Relu", List.of(inside))));
        m.output(m.node("Mul", List.of(second, inside)), DataType.FLOAT, 1, 8);
        var model = m.build();

        assertThat(ResidualBlock.of(model.graph(), alike(model))).isEmpty();
    }

    /** The same dims for every value: these models never change them where blocks are. */
    private static Map<String, long[]> alike(Model model) {
        var dims = new HashMap<String, long[]>();
        model.graph().requiredInputs().forEach(input -> dims.put(input.name(), new long[] {1}));
        model.graph().nodes().forEach(node -> dims.put(node.output(), new long[] {1}));
        return dims;
    }
}
