package dev.millrace.onnx.edit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.SparseTensor;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConstantNodesTest {
    @Test
    void movesConstantsAndKeepsWhatIsComputed() {
        var model = TinyModels.branches();
        var before = OnnxRuntime.run(model).get("y");
        assertThat(ConstantNodes.toInitializers(model)).isEqualTo(1);
        assertThat(model.graph().initializer("outer.weight")).isPresent();
        assertThat(model.nodes()).noneMatch(node -> node.is("Constant"));
        assertThat(OnnxRuntime.run(model).get("y")).isEqualTo(before);
    }

    @Test
    void understandsEveryWayToWriteANumber() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 2);
        m.node(Node.of("Constant", "", List.of(), List.of("f"), Attribute.of("value_float", 2f)));
        m.node(Node.of("Constant", "", List.of(), List.of("i"), Attribute.ints("value_ints", 0, 1)));
        m.node(Node.of("Constant", "", List.of(), List.of("n"), Attribute.of("value_int", 3)));
        m.node(Node.of("Constant", "", List.of(), List.of("g"), Attribute.floats("value_floats", 1, 2)));
        m.node(Node.of(
                "Constant",
                "",
                List.of(),
                List.of("t"),
                Attribute.of("value", Tensor.floats("any", new float[] {4}, 1))));
        m.output("t", DataType.FLOAT, 1);
        var graph = m.graph();
        assertThat(ConstantNodes.toInitializers(m.build()))
                .as("all but the output")
                .isEqualTo(4);
        assertThat(graph.initializer("f").orElseThrow()).isEqualTo(Tensor.floats("f", new float[] {2}));
        assertThat(graph.initializer("i").orElseThrow()).isEqualTo(Tensor.longs("i", new long[] {0, 1}, 2));
        assertThat(graph.initializer("n").orElseThrow()).isEqualTo(Tensor.longs("n", new long[] {3}));
        assertThat(graph.initializer("g").orElseThrow()).isEqualTo(Tensor.floats("g", new float[] {1, 2}, 2));
        assertThat(graph.constant("t").orElseThrow()).isEqualTo(Tensor.floats("t", new float[] {4}, 1));
    }

    @Test
    void makesSparseInitializersDense() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 1, 2);
        m.graph()
                .put(new SparseTensor(
                        Tensor.floats("w", new float[] {5}, 1), Tensor.longs("", new long[] {3}, 1), List.of(2L, 2L)));
        m.output(m.node("MatMul", List.of("x", "w")), DataType.FLOAT, 1, 2);
        var model = m.build();
        var before = OnnxRuntime.run(model);

        assertThat(ConstantNodes.toInitializers(model)).isEqualTo(1);

        assertThat(model.graph().initializer("w").orElseThrow().floats()).containsExactly(0, 0, 0, 5);
        assertThat(OnnxRuntime.run(model))
                .allSatisfy((name, values) -> assertThat(values).isEqualTo(before.get(name)));
    }

    @Test
    void removesIdentitiesAndDropoutsButKeepsTheNamesOfOutputs() {
        var m = new ModelBuilder(13);
        m.input("x", DataType.FLOAT, 2, 3);
        m.node(Node.of("Identity", "first", List.of("x"), List.of("a")));
        m.node(Node.of("Relu", "relu", List.of("a"), List.of("b")));
        m.node(Node.of("Dropout", "drop", List.of("b"), List.of("c", "mask")));
        m.node(Node.of("Neg", "neg", List.of("c"), List.of("d")));
        m.node(Node.of("Identity", "last", List.of("d"), List.of("y")));
        m.node(Node.of("Identity", "echo", List.of("x"), List.of("z")));
        m.output("y", DataType.FLOAT, 2, 3);
        m.output("z", DataType.FLOAT, 2, 3);
        var model = m.build();
        var before = OnnxRuntime.run(model);

        assertThat(Identities.remove(model)).isEqualTo(3);

        assertThat(model.graph().nodes()).extracting(Node::name).containsExactly("relu", "neg", "echo");
        assertThat(OnnxRuntime.run(model).get("y")).isEqualTo(before.get("y"));
        assertThat(OnnxRuntime.run(model).get("z")).isEqualTo(before.get("z"));
    }

    @Test
    void keepsADropoutThatTrainsOrWhoseMaskIsUsed() {
        var m = new ModelBuilder(13);
        m.input("x", DataType.FLOAT, 2, 3);
        m.initializer(Tensor.bytes("training", DataType.BOOL, new byte[] {1}));
        var trained = m.node(Node.of("Dropout", "trains", List.of("x", "", "training"), List.of("a")));
        m.node(Node.of("Dropout", "masks", List.of(trained), List.of("b", "mask")));
        m.node(Node.of("Neg", "neg", List.of("b"), List.of("y")));
        m.output("y", DataType.FLOAT, 2, 3);
        m.output("mask", DataType.BOOL, 2, 3);
        assertThat(Identities.remove(m.build())).isZero();
    }
}
