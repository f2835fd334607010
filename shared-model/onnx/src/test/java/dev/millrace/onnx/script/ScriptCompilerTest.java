package dev.millrace.onnx.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScriptCompilerTest {
    @TempDir
    Path directory;

    @Test
    void writesOneLineForEachNode() {
        var script = ScriptCompiler.compile(TinyModels.mlp(), ScriptOptions.exact());

        assertThat(script.forward()).isEqualTo("""
                          def forward(self: __torch__.Net, x0: Tensor) -> List[Tensor]:
                            v0 = torch.linear(x0, self.p0, self.p1)
                            v1 = torch.relu_(v0)
                            v2 = torch.linear(v1, self.p2, self.p3)
                            return [v2]
                        """);
    }

    @Test
    void findsWeightsInInitializersConstantsAndBranches() {
        var script = ScriptCompiler.compile(TinyModels.branches(), ScriptOptions.exact());

        assertThat(script.weights().stream().map(slot -> slot.tensor().name()))
                .containsExactly("outer.weight", "then.weight", "else.weight");
        assertThat(script.forward()).contains("if bool(x1):").contains("else:");
    }

    @Test
    void leavesStatisticsMasksAndNumbersOfFormulasUntrained() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 2, 2);
        var half = m.node("Constant", List.of(), Attribute.of("value", Tensor.floats("half", new float[] {0.5f})));
        var mask = m.initializer(Tensor.floats("mask", new float[] {0, -1e9f, 0, 0}, 2, 2));
        var scaled = m.node("Mul", List.of(m.node("Add", List.of(x, mask)), half));
        m.output(m.node("Add", List.of(scaled, m.normal("bias", 2))), DataType.FLOAT, 2, 2);

        var script = ScriptCompiler.compile(m.build(), ScriptOptions.exact());

        assertThat(script.weights().stream().map(slot -> slot.tensor().name())).containsExactly("bias");
        var cnn = ScriptCompiler.compile(TinyModels.cnn(), ScriptOptions.exact());
        assertThat(cnn.weights().stream().map(slot -> slot.tensor().name()))
                .contains("bn.scale", "bn.bias")
                .doesNotContain("bn.mean", "bn.var");
    }

    @Test
    void keepsTiedWeightsTied() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 4, 4);
        var w = m.normal("w", 4, 4);
        var h = m.node("MatMul", List.of(x, w));
        m.output(m.node("MatMul", List.of(h, m.node("Transpose", List.of(w)))), DataType.FLOAT, 4, 4);

        assertThat(ScriptCompiler.compile(m.build(), ScriptOptions.exact()).weights())
                .hasSize(1);
    }

    @Test
    void returnsValuesInsideTheGraphOnRequest() {
        var script =
                ScriptCompiler.compile(TinyModels.mlp(), ScriptOptions.exact().outputs(List.of("r", "h")));

        assertThat(script.forward()).contains("return [v1] + [v0]").doesNotContain("self.p2");
        assertThatThrownBy(() -> ScriptCompiler.compile(
                        TinyModels.mlp(), ScriptOptions.exact().outputs(List.of("rr"))))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("UNKNOWN_VALUE");
    }

    /** Names and strings of a file never become code. */
    @Test
    void writesNoTextOfTheModel() {
        var m = new ModelBuilder(20);
        var x = m.input("evil(): pass", DataType.FLOAT, 2);
        m.output(
                m.node("Gelu", List.of(x), Attribute.of("approximate", "none')\n    boom = torch.empty([1], '")),
                DataType.FLOAT,
                2);

        assertThat(ScriptCompiler.compile(m.build(), ScriptOptions.exact()).forward())
                .doesNotContain("evil")
                .doesNotContain("boom =")
                .hasLineCount(3);
    }

    @Test
    void ignoresWhatNoOutputDependsOn() {
        var model = TinyModels.mlp();
        model.graph().add(dev.millrace.onnx.Node.of("NoSuchOperator", "dead", List.of("x"), List.of("dead")));

        assertThat(ScriptCompiler.compile(model, ScriptOptions.exact()).forward())
                .hasLineCount(5);
    }

    @Test
    void writesTheSameArchiveTwice() throws IOException {
        var script = ScriptCompiler.compile(TinyModels.cnn(), ScriptOptions.training());
        var first = directory.resolve("first.pt");
        var second = directory.resolve("second.pt");

        ScriptArchive.write(first, script, List.of(), List.of());
        ScriptArchive.write(second, script, List.of(), List.of());

        assertThat(first).hasSameBinaryContentAs(second);
        try (var zip = new ZipFile(first.toFile())) {
            assertThat(Collections.list(zip.entries()))
                    .allSatisfy(entry -> assertThat(entry.getMethod()).isEqualTo(ZipEntry.STORED))
                    .extracting(ZipEntry::getName)
                    .contains("net/data.pkl", "net/code/__torch__.py", "net/code/__torch__/op.py", "net/version");
            assertThat(zip.getEntry("net/data/0").getSize()).isEqualTo(8 * 3 * 3 * 3 * 4);
        }
    }
}
