package dev.millrace.onnx.edit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepeatedNodesTest {
    @Test
    void whatIsComputedTwiceIsComputedOnce() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 2, 3);
        var one = m.node("Relu", List.of(m.node("Exp", List.of(x))));
        var other = m.node("Relu", List.of(m.node("Exp", List.of(x))));
        var model = withOutput(m, m.node("Add", List.of(one, other)));

        assertThat(RepeatedNodes.merge(model)).isEqualTo(2);
        assertThat(operators(model)).containsExactlyInAnyOrder("Exp", "Relu", "Add", "Identity");
    }

    @Test
    void otherInputsAttributesOrChanceAreOtherComputations() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 2, 2);
        var columns = m.node("Softmax", List.of(x), Attribute.of("axis", 0));
        var rows = m.node("Softmax", List.of(x), Attribute.of("axis", 1));
        var noise = m.node("RandomNormalLike", List.of(x));
        var noiseAgain = m.node("RandomNormalLike", List.of(x));
        var sum = m.node("Sum", List.of(columns, rows, noise, noiseAgain));
        var model = withOutput(m, sum);

        assertThat(RepeatedNodes.merge(model)).isZero();
        assertThat(operators(model)).hasSize(6);
    }

    @Test
    void outputsKeepTheirNames() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 2, 2);
        m.node(Node.of("Exp", "", List.of("x"), List.of("a")));
        m.node(Node.of("Exp", "", List.of("x"), List.of("b")));
        m.output("a", DataType.FLOAT, 2, 2);
        m.output("b", DataType.FLOAT, 2, 2);
        var model = m.build();

        assertThat(RepeatedNodes.merge(model)).isZero();
        assertThat(model.graph().outputs()).extracting(info -> info.name()).containsExactly("a", "b");
    }

    private static Model withOutput(ModelBuilder m, String value) {
        m.node(Node.of("Identity", "", List.of(value), List.of("y")));
        m.output("y", DataType.FLOAT, 2, 3);
        return m.build();
    }

    private static List<String> operators(Model model) {
        return model.nodes().map(Node::opType).toList();
    }
}
