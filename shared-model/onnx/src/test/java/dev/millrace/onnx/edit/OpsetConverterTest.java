package dev.millrace.onnx.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.ValueInfo;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each operator that changed is run by ONNX Runtime in its old form and in every newer one. */
class OpsetConverterTest {
    private static final long[] TARGETS = {13, 17, 18, 21, 23};

    static Stream<Arguments> changedOperators() {
        return Stream.of(
                one("BatchNormalization", 7, Attribute.of("spatial", 1)),
                one("Upsample", 7, Attribute.floats("scales", 1, 1, 2, 2), Attribute.of("mode", "nearest")),
                one("Upsample", 7, Attribute.floats("scales", 1, 1, 2, 3), Attribute.of("mode", "linear")),
                one(
                        "Slice",
                        9,
                        Attribute.ints("starts", 1, 0),
                        Attribute.ints("ends", 3, 2),
                        Attribute.ints("axes", 1, 3)),
                one("TopK", 9, Attribute.of("k", 2), Attribute.of("axis", 1)),
                one("Clip", 7, Attribute.of("min", -0.5f), Attribute.of("max", 0.25f)),
                one("Clip", 10, Attribute.of("max", 0.25f)),
                one("Pad", 10, Attribute.ints("pads", 0, 0, 1, 0, 0, 0, 0, 2), Attribute.of("value", 1.5f)),
                one("Pad", 7, Attribute.ints("pads", 0, 0, 1, 1, 0, 0, 1, 1), Attribute.of("mode", "reflect")),
                one("Dropout", 7, Attribute.of("ratio", 0.3f)),
                one("Softmax", 12),
                one("Softmax", 11, Attribute.of("axis", 2)),
                one("Softmax", 11, Attribute.of("axis", 3)),
                one("LogSoftmax", 7),
                one("Hardmax", 11, Attribute.of("axis", 2)),
                one("Squeeze", 12, Attribute.ints("axes", 0)),
                one("Unsqueeze", 7, Attribute.ints("axes", 0, 3)),
                one("ReduceSum", 12, Attribute.ints("axes", 1, 3), Attribute.of("keepdims", 0)),
                one("ReduceMean", 12, Attribute.ints("axes", 2, 3)),
                one("ReduceMax", 17),
                one("ReduceL2", 13, Attribute.ints("axes", 1)),
                one("Split", 11, Attribute.of("axis", 1), Attribute.ints("split", 1, 3)),
                one("Split", 13, Attribute.of("axis", 1)));
    }

    /** One node over {@code x (1, 4, 3, 4)}; Split makes two outputs. */
    private static Arguments one(String opType, long opset, Attribute... attributes) {
        return Arguments.of(
                opType + " of opset " + opset + " " + List.of(attributes), model(opType, opset, attributes));
    }

    private static Model model(String opType, long opset, Attribute... attributes) {
        var m = new ModelBuilder(opset);
        var x = m.input("x", DataType.FLOAT, 1, 4, 3, 4);
        var inputs = opType.equals("BatchNormalization")
                ? List.of(x, m.normal("g", 4), m.normal("b", 4), m.normal("m", 4), "v")
                : List.of(x);
        if (inputs.contains("v")) {
            m.initializer(dev.millrace.onnx.Tensor.floats("v", new float[] {1, 2, 3, 4}, 4));
        }
        var outputs =
                switch (opType) {
                    case "Split" -> List.of("y", "z");
                    case "TopK" -> List.of("y", "indices");
                    default -> List.of("y");
                };
        m.node(Node.of(opType, "node", inputs, outputs, attributes));
        outputs.stream()
                .filter(output -> !output.equals("indices"))
                .forEach(output -> m.graph().addOutput(untypedFloat(output)));
        var model = m.build();
        model.setIrVersion(7);
        return model;
    }

    private static ValueInfo untypedFloat(String name) {
        return ValueInfo.tensorOfUnknownRank(name, DataType.FLOAT);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changedOperators")
    void newFormComputesTheSame(String name, Model model) {
        var before = OnnxRuntime.run(model);
        for (var target : TARGETS) {
            var raised = model.copy();
            OpsetConverter.raiseTo(raised, target);
            assertThat(raised.opset()).isEqualTo(Math.max(target, model.opset()));
            OnnxRuntime.run(raised)
                    .forEach((output, values) -> assertThat(values)
                            .as("%s at opset %d", output, target)
                            .containsExactly(before.get(output), within(1e-6f)));
        }
    }

    @Test
    void convertsInsideBranches() {
        var m = new ModelBuilder(11);
        m.input("x", DataType.FLOAT, 2, 3);
        m.input("flag", DataType.BOOL, new long[0]);
        m.node(Node.of(
                "If",
                "if",
                List.of("flag"),
                List.of("y"),
                Attribute.of("then_branch", branch("then")),
                Attribute.of("else_branch", branch("else"))));
        m.output("y", DataType.FLOAT, 1, 2, 3);
        var model = m.build();
        var before = OnnxRuntime.run(model);

        OpsetConverter.raiseTo(model, 21);

        assertThat(OnnxRuntime.run(model).get("y")).containsExactly(before.get("y"), within(0f));
    }

    private static Graph branch(String name) {
        var graph = new Graph(name);
        graph.add(Node.of("Unsqueeze", name + ".u", List.of("x"), List.of(name + ".y"), Attribute.ints("axes", 0)));
        graph.addOutput(ValueInfo.tensor(name + ".y", DataType.FLOAT, 1, 2, 3));
        return graph;
    }

    @Test
    void takesOneAxisWhereTheRankIsKnown() {
        var model = model("Softmax", 11, Attribute.of("axis", 3));
        OpsetConverter.raiseTo(model, 13);
        assertThat(model.graph().nodes()).hasSize(1);
    }

    @Test
    void refusesFormsThatHaveNoSuccessor() {
        var model = model("BatchNormalization", 7, Attribute.of("spatial", 0));
        assertThatThrownBy(() -> OpsetConverter.raiseTo(model, 13))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("OPSET_NOT_CONVERTIBLE")
                .hasMessageContaining("BatchNormalization 'node'");
    }

    @Test
    void leavesNewerModelsAlone() {
        var model = model("Relu", 22);
        var copy = model.copy();
        OpsetConverter.raiseTo(model, 13);
        assertThat(model).isEqualTo(copy);
    }
}
