package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConstantFoldingTest {
    @TempDir
    private Path directory;

    @Test
    void computesAChainOnceAndKeepsTheAnswer() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 2, 8);
        var slice = m.node(
                "Slice", List.of(m.normal("w", 8, 16), m.longs("from", 4), m.longs("to", 12), m.longs("axis", 1)));
        var turned = m.node("Transpose", List.of(slice), Attribute.ints("perm", 1, 0));
        var y = m.node("MatMul", List.of(x, turned));
        m.output(y, DataType.FLOAT, 2, 8);
        var model = m.build();
        var expected = answer(model, y);

        int folded = ConstantFolding.apply(model, directory);

        assertThat(folded).isEqualTo(1);
        assertThat(model.graph().nodes()).extracting(Node::opType).containsExactly("MatMul");
        assertThat(model.graph().initializers()).extracting(Tensor::name).containsExactly(turned);
        assertThat(answer(model, y)).isEqualTo(expected);
    }

    @Test
    void findsWeightsThatABranchMakesOfConstantsOutsideOfIt() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 2, 8);
        var flag = m.input("flag", DataType.BOOL, 1);
        m.normal("w", 8, 8);
        var y = m.node(
                "If",
                List.of(flag),
                Attribute.of("then_branch", branch(x, "Neg", "then")),
                Attribute.of("else_branch", branch(x, "Abs", "else")));
        m.output(y, DataType.FLOAT, 2, 8);
        var model = m.build();

        assertThat(ConstantFolding.apply(model, directory)).isEqualTo(2);

        assertThat(model.nodes()).extracting(Node::opType).containsExactlyInAnyOrder("If", "MatMul", "MatMul");
        assertThat(model.graph().initializers()).isEmpty();
    }

    @Test
    void leavesWhatWouldMakeTheFileGrow() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 64, 64);
        var zeros = m.node("ConstantOfShape", List.of(m.longs("shape", 64, 64)));
        var y = m.node("Add", List.of(x, zeros));
        m.output(y, DataType.FLOAT, 64, 64);
        var model = m.build();

        assertThat(ConstantFolding.apply(model, directory)).isZero();
        assertThat(model.graph().nodes()).extracting(Node::opType).containsExactly("ConstantOfShape", "Add");
    }

    @Test
    void leavesWeightsQuantizedAndRandomNumbersRandom() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 2, 4);
        var weight = m.node(
                "DequantizeLinear",
                List.of(
                        m.initializer(Tensor.bytes("w", DataType.INT8, new byte[16], 4, 4)),
                        m.initializer(Tensor.floats("scale", new float[] {0.5f}))));
        var noise = m.node("RandomNormal", List.of(), Attribute.ints("shape", 2, 4));
        var y = m.node("Add", List.of(m.node("MatMul", List.of(x, weight)), noise));
        m.output(y, DataType.FLOAT, 2, 4);
        var model = m.build();
        var before = model.copy();

        assertThat(ConstantFolding.apply(model, directory)).isZero();
        assertThat(model.graph()).isEqualTo(before.graph());
    }

    @Test
    void leavesWhatWhoeverRunsTheModelMayChange() throws IOException {
        var m = new ModelBuilder(17);
        m.input("bias", DataType.FLOAT, 4);
        m.initializer(Tensor.floats("bias", new float[4], 4));
        var y = m.node("Neg", List.of(m.node("Abs", List.of("bias"))));
        m.output(y, DataType.FLOAT, 4);

        assertThat(ConstantFolding.apply(m.build(), directory)).isZero();
    }

    /** {@code x · op(w)}, {@code w} of the graph around. */
    private static Graph branch(String x, String op, String name) {
        var branch = new Graph(name);
        branch.add(
                Node.of(op, name + "_op", List.of("w"), List.of(name + "_w")),
                Node.of("MatMul", name + "_product", List.of(x, name + "_w"), List.of(name + "_y")));
        branch.addOutput(ValueInfo.untyped(name + "_y").withType(DataType.FLOAT));
        return branch;
    }

    private List<Float> answer(Model model, String output) throws IOException {
        var file = directory.resolve("model.onnx");
        model.write(file);
        var x = new float[16];
        for (int i = 0; i < x.length; i++) {
            x[i] = i;
        }
        try (var session = OrtSession.open(file, SessionSettings.threads(1));
                var values = session.run(Map.of("x", Value.of(x, 2, 8)))) {
            var floats = values.get(output).floats();
            return IntStream.range(0, floats.remaining()).mapToObj(floats::get).toList();
        }
    }
}
