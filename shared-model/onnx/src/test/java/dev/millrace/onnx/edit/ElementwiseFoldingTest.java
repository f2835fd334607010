package dev.millrace.onnx.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Tensor;
import java.util.List;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link HardSigmoids} and {@link ScaleFolding}: fewer elementwise nodes, the same numbers. */
class ElementwiseFoldingTest {
    private static final float ROUNDING = 2e-5f;

    private static ModelBuilder image() {
        var m = new ModelBuilder(13);
        m.input("x", DataType.FLOAT, 1, 3, 4, 4);
        return m;
    }

    private static String number(ModelBuilder m, String name, float value) {
        return m.initializer(Tensor.floats(name, new float[] {value}));
    }

    private static String gate(ModelBuilder m) {
        var shifted = m.node("Add", List.of("x", number(m, "three", 3)));
        return m.node("Clip", List.of(shifted, scalar(m, "zero", 0), scalar(m, "six", 6)));
    }

    private static String scalar(ModelBuilder m, String name, float value) {
        return m.initializer(Tensor.floats(name, new float[] {value}, new long[0]));
    }

    private static void assertFolds(Model model, ToIntFunction<Model> edit, int count) {
        var before = OnnxRuntime.run(model);
        assertThat(edit.applyAsInt(model)).isEqualTo(count);
        OnnxRuntime.run(model)
                .forEach((name, values) -> assertThat(values).containsExactly(before.get(name), within(ROUNDING)));
    }

    @Test
    void hardSwishBecomesTwoNodes() {
        var m = image();
        var product = m.node("Mul", List.of("x", gate(m)));
        m.output(m.node("Div", List.of(product, "six")), DataType.FLOAT, 1, 3, 4, 4);
        var model = m.build();
        assertFolds(model, HardSigmoids::find, 1);
        assertThat(model.graph().nodes()).extracting(node -> node.opType()).containsExactly("HardSigmoid", "Mul");
    }

    @Test
    void hardSigmoidBecomesOneNode() {
        var m = image();
        var sixth = number(m, "sixth", 1 / 6f);
        m.output(m.node("Mul", List.of(sixth, gate(m))), DataType.FLOAT, 1, 3, 4, 4);
        var model = m.build();
        assertFolds(model, HardSigmoids::find, 1);
        assertThat(model.graph().nodes()).hasSize(1);
    }

    @Test
    void aGateOfSomethingElseStays() {
        var m = image();
        var other = m.node("Neg", List.of("x"));
        var product = m.node("Mul", List.of(other, gate(m)));
        m.output(m.node("Div", List.of(product, "six")), DataType.FLOAT, 1, 3, 4, 4);
        assertFolds(m.build(), HardSigmoids::find, 0);
    }

    @Test
    void scaleAndShiftGoIntoAnUnpaddedConvolution() {
        var m = image();
        var shifted = m.node("Add", List.of(m.node("Mul", List.of(number(m, "c", 0.3f), "x")), number(m, "d", -0.7f)));
        var y = m.node("Conv", List.of(shifted, m.normal("w", 5, 3, 2, 2), m.normal("b", 5)));
        m.output(y, DataType.FLOAT, 1, 5, 3, 3);
        var model = m.build();
        assertFolds(model, ScaleFolding::apply, 2);
        assertThat(model.graph().nodes()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 3})
    void onlyTheScaleGoesIntoAPaddedConvolution(long group) {
        var m = image();
        var shifted = m.node("Add", List.of(m.node("Mul", List.of(number(m, "c", 0.3f), "x")), number(m, "d", -0.7f)));
        var y = m.node(
                "Conv",
                List.of(shifted, m.normal("w", 3, 3 / group, 3, 3)),
                Attribute.ints("pads", 1, 1, 1, 1),
                Attribute.of("group", group));
        m.output(y, DataType.FLOAT, 1, 3, 4, 4);
        var model = m.build();
        assertFolds(model, ScaleFolding::apply, 1);
        assertThat(model.graph().nodes()).extracting(node -> node.opType()).containsExactly("Add", "Conv");
    }

    @Test
    void aValueThatIsReadElsewhereStays() {
        var m = image();
        var scaled = m.node("Mul", List.of(number(m, "c", 0.3f), "x"));
        m.output(m.node("Conv", List.of(scaled, m.normal("w", 5, 3, 1, 1))), DataType.FLOAT, 1, 5, 4, 4);
        m.output(m.node("Neg", List.of(scaled)), DataType.FLOAT, 1, 3, 4, 4);
        assertFolds(m.build(), ScaleFolding::apply, 0);
    }
}
