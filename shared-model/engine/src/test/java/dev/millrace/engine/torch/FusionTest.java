package dev.millrace.engine.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.script.ScriptCompiler;
import dev.millrace.onnx.script.ScriptOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Formulas as exporters write them, computed by one operator of libtorch, beside ONNX Runtime. */
class FusionTest {
    private static final double ROUNDING = 1e-5;

    @TempDir
    Path directory;

    /** A formula as a graph, the call that it becomes, and how many values it is fed. */
    private record Formula(String name, String call, Writer writer) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** Writes a formula of the values q, k (keys transposed) and v, 4-D, and gives the name of its result. */
    private interface Writer {
        String write(ModelBuilder m);
    }

    static Stream<Formula> formulas() {
        return Stream.of(
                new Formula("Gelu, halved last", "torch.gelu", m -> mul(m, mul(m, "v", phi(m, true)), 0.5)),
                new Formula("Gelu, halved inside", "torch.gelu", m -> mul(m, mul(m, phi(m, false), 0.5), "v")),
                new Formula("Gelu, halved first", "torch.gelu", m -> mul(m, mul(m, "v", 0.5), phi(m, true))),
                new Formula("Gelu by tanh", "approximate='tanh'", m -> mul(m, mul(m, "v", 0.5), tanh(m))),
                new Formula("Silu", "torch.silu", m -> mul(m, m.node("Sigmoid", List.of("v")), "v")),
                new Formula("LayerNorm by Pow", "op.layer_norm", m -> layerNorm(m, true)),
                new Formula("LayerNorm by Mul", "op.layer_norm", m -> layerNorm(m, false)),
                new Formula("attention", "op.softmax_attention", m -> attention(m, "Mul", 0.5, "q")),
                new Formula("attention, divided", "op.softmax_attention", m -> attention(m, "Div", 2, "")),
                new Formula("attention, unscaled", "op.softmax_attention", m -> attention(m, "", 1, "q")),
                new Formula(
                        "linear",
                        "op.linear",
                        m -> m.node(
                                "Add",
                                List.of(m.normal("bias", 7), m.node("MatMul", List.of("v", m.normal("w", 5, 7)))))));
    }

    @ParameterizedTest
    @MethodSource("formulas")
    void computesWhatOnnxRuntimeComputes(Formula formula) throws IOException {
        var model = model(formula.writer);

        assertThat(ScriptCompiler.compile(model, ScriptOptions.training()).forward())
                .contains(formula.call);
        agrees(model, 4);
        agrees(model, 300); // rows for which attention takes libtorch's own kernel
    }

    @Test
    void keepsWhatOthersReadAndWhatIsNoSuchFormula() throws IOException {
        agrees(
                model(m -> {
                    var sigmoid = m.node("Sigmoid", List.of("v"));
                    return m.node("Add", List.of(mul(m, "v", sigmoid), sigmoid));
                }),
                4);
        var other = model(m -> mul(m, mul(m, "v", phi(m, true)), 0.6));
        assertThat(ScriptCompiler.compile(other, ScriptOptions.training()).forward())
                .doesNotContain("gelu");
        agrees(other, 4);
    }

    @Test
    void overwritesOnlyWhatNobodyReadsAgain() throws IOException {
        var once = model(m -> m.node("Relu", List.of(m.node("Add", List.of("v", "v")))));
        assertThat(ScriptCompiler.compile(once, ScriptOptions.exact()).forward())
                .contains("relu_");
        var twice = model(m -> {
            var sum = m.node("Add", List.of("v", "v"));
            return m.node("Sub", List.of(m.node("Relu", List.of(sum)), sum));
        });
        assertThat(ScriptCompiler.compile(twice, ScriptOptions.exact()).forward())
                .doesNotContain("relu_");
        var attended = model(m -> m.node("Relu", List.of(attention(m, "Mul", 0.5, ""))));
        assertThat(ScriptCompiler.compile(attended, ScriptOptions.training()).forward())
                .doesNotContain("relu_");
        agrees(once, 4);
        agrees(twice, 4);
        agrees(attended, 300);
    }

    private static Model model(Writer writer) {
        var m = new ModelBuilder(13);
        var rows = Dimension.symbolic("rows");
        m.input("q", DataType.FLOAT, Dimension.of(2), Dimension.of(3), rows, Dimension.of(5));
        m.input("k", DataType.FLOAT, Dimension.of(2), Dimension.of(3), Dimension.of(5), rows);
        m.input("v", DataType.FLOAT, Dimension.of(2), Dimension.of(3), rows, Dimension.of(5));
        m.output(writer.write(m), DataType.FLOAT, Dimension.of(2), Dimension.of(3), rows, Dimension.symbolic("width"));
        return m.build();
    }

    /** {@code 1 + erf(v / √2)}. */
    private static String phi(ModelBuilder m, boolean divided) {
        var scaled =
                divided ? m.node("Div", List.of("v", number(m, Math.sqrt(2)))) : mul(m, number(m, Math.sqrt(0.5)), "v");
        return m.node("Add", List.of(m.node("Erf", List.of(scaled)), number(m, 1)));
    }

    private static String tanh(ModelBuilder m) {
        var cube = m.node("Pow", List.of("v", number(m, 3)));
        var sum = m.node("Add", List.of("v", mul(m, cube, 0.044715)));
        var inner = mul(m, sum, Math.sqrt(2 / Math.PI));
        return m.node("Add", List.of(m.node("Tanh", List.of(inner)), number(m, 1)));
    }

    private static String layerNorm(ModelBuilder m, boolean byPow) {
        var centred = m.node("Sub", List.of("v", mean(m, "v")));
        var square = byPow ? m.node("Pow", List.of(centred, number(m, 2))) : mul(m, centred, centred);
        var deviation = m.node("Sqrt", List.of(m.node("Add", List.of(mean(m, square), number(m, 1e-5)))));
        var scaled = mul(m, m.node("Div", List.of(centred, deviation)), m.normal("gain", 5));
        return m.node("Add", List.of(scaled, m.normal("shift", 5)));
    }

    private static String mean(ModelBuilder m, String value) {
        return m.node("ReduceMean", List.of(value), Attribute.ints("axes", -1));
    }

    private static String attention(ModelBuilder m, String scaling, double scale, String masked) {
        var scores = m.node("MatMul", List.of("q", "k"));
        if (!scaling.isEmpty()) {
            scores = m.node(scaling, List.of(scores, number(m, scale)));
        }
        if (!masked.isEmpty()) {
            scores = m.node("Add", List.of(scores, mean(m, masked)));
        }
        return m.node("MatMul", List.of(m.node("Softmax", List.of(scores), Attribute.of("axis", -1)), "v"));
    }

    private static String mul(ModelBuilder m, String a, String b) {
        return m.node("Mul", List.of(a, b));
    }

    private static String mul(ModelBuilder m, String a, double b) {
        return mul(m, a, number(m, b));
    }

    private static String number(ModelBuilder m, double number) {
        return m.node("Constant", List.of(), Attribute.of("value", Tensor.floats("", new float[] {(float) number})));
    }

    private void agrees(Model model, int rows) throws IOException {
        var feed = Map.of("q", normal(2, 3, rows, 5), "k", normal(2, 3, 5, rows), "v", normal(2, 3, rows, 5));
        var file = Files.createTempFile(directory, "model", ".onnx");
        model.write(file);
        try (var session = OrtSession.open(file, SessionSettings.threads(1));
                var module = ScriptModule.open(model, ScriptOptions.training(), directory, 1);
                var expected = session.run(feed);
                var actual = module.run(feed)) {
            var name = expected.names().iterator().next();
            assertThat(actual.get(name).dims()).isEqualTo(expected.get(name).dims());
            for (int i = 0; i < expected.get(name).size(); i++) {
                assertThat(actual.get(name).number(i))
                        .isCloseTo(expected.get(name).number(i), within(ROUNDING));
            }
        }
    }

    private static Value normal(long... dims) {
        var random = new Random(3);
        var numbers = new float[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return Value.of(numbers, dims);
    }
}
