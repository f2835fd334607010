package dev.millrace.engine.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.onnx.script.ScriptOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScriptModuleTest {
    private static final double ROUNDING = 1e-5;

    @TempDir
    Path directory;

    @Test
    void computesWhatOnnxRuntimeComputes() throws IOException {
        agrees(TinyModels.mlp(), Map.of("x", normal(5, 16)));
        agrees(TinyModels.cnn(), Map.of("x", normal(3, 3, 8, 8)));
    }

    @Test
    void takesTheBranchThatTheConditionSays() throws IOException {
        var yes = Value.full(DataType.BOOL, 1);
        var no = Value.full(DataType.BOOL, 0);

        agrees(TinyModels.branches(), Map.of("x", normal(2, 4), "flag", yes));
        agrees(TinyModels.branches(), Map.of("x", normal(2, 4), "flag", no));
    }

    @Test
    void laysConvolutionsOutChannelsLastWithTheSameResult() throws IOException {
        var feed = Map.of("x", normal(3, 3, 8, 8));
        try (var plain = open(TinyModels.cnn(), ScriptOptions.exact());
                var fast = open(TinyModels.cnn(), ScriptOptions.training());
                var a = plain.run(feed);
                var b = fast.run(feed)) {
            close(a.get("y"), b.get("y"));
        }
    }

    @Test
    void givesValuesInsideTheGraph() throws IOException {
        try (var module = open(TinyModels.mlp(), ScriptOptions.exact().outputs(List.of("y", "r")));
                var outputs = module.run(Map.of("x", normal(5, 16)))) {
            assertThat(outputs.names()).containsExactly("y", "r");
            assertThat(outputs.get("r").dims()).containsExactly(5, 32);
            assertThat(outputs.get("r").number(0)).isNotNegative();
        }
    }

    @Test
    void saysWhatAModelCannotBeRunOn() throws IOException {
        try (var module = open(TinyModels.mlp(), ScriptOptions.exact())) {
            assertThatThrownBy(() -> module.run(Map.of("x", normal(5, 15))))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("MODEL_RUN_FAILED")
                    .hasMessageContaining("shapes cannot be multiplied");
            assertThatThrownBy(() -> module.run(Map.of()))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("INPUT_MISSING");
        }
    }

    @Test
    void dividesIntegersTowardsZero() throws IOException {
        var m = new ModelBuilder(17);
        m.input("a", DataType.INT64, 3);
        m.input("b", DataType.INT64, 3);
        m.output(m.node("Div", List.of("a", "b")), DataType.INT64, 3);
        var feed = Map.of("a", Value.of(new long[] {7, -7, 6}, 3), "b", Value.of(new long[] {2, 2, -4}, 3));

        try (var module = open(m.build(), ScriptOptions.exact());
                var outputs = module.run(feed)) {
            var quotients = new long[3];
            outputs.values().values().iterator().next().longs().get(quotients);
            assertThat(quotients).containsExactly(3, -3, -1);
        }
    }

    private void agrees(Model model, Map<String, Value> feed) throws IOException {
        var file = Files.createTempFile(directory, "model", ".onnx");
        model.write(file);
        try (var session = OrtSession.open(file, SessionSettings.threads(1));
                var module = open(model, ScriptOptions.exact());
                var expected = session.run(feed);
                var actual = module.run(feed)) {
            assertThat(actual.names()).isEqualTo(expected.names());
            expected.names().forEach(name -> close(expected.get(name), actual.get(name)));
        }
    }

    private ScriptModule open(Model model, ScriptOptions options) throws IOException {
        return ScriptModule.open(model, options, directory, 1);
    }

    private static void close(Value expected, Value actual) {
        assertThat(actual.describe()).isEqualTo(expected.describe());
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.number(i)).isCloseTo(expected.number(i), within(ROUNDING));
        }
    }

    private static Value normal(long... dims) {
        var random = new Random(3);
        var numbers = new float[(int) Value.zeros(DataType.INT8, dims).size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return Value.of(numbers, dims);
    }
}
