package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OrtSessionTest {
    private static final SessionSettings SETTINGS = SessionSettings.threads(1);

    @TempDir
    Path directory;

    @Test
    void runsNamedInputsToNamedOutputs() throws IOException {
        try (var session = OrtSession.open(linear(), SETTINGS);
                var outputs = session.run(Map.of("x", Value.of(new float[] {1, 2, 3, -4}, 2, 2)))) {
            assertThat(outputs.names()).containsExactly("y");
            assertThat(outputs.get("y").dims()).containsExactly(2, 3);
            assertThat(numbers(outputs.get("y"))).containsExactly(1, 2.5, 1, 3, 0, 0);
        }
    }

    @Test
    void describesInputsAndOutputsWithSymbols() throws IOException {
        try (var session = OrtSession.open(linear(), SETTINGS)) {
            assertThat(session.inputs()).hasSize(1);
            assertThat(session.inputs().get(0).name()).isEqualTo("x");
            assertThat(session.inputs().get(0).describe()).isEqualTo("float[batch, 2]");
            assertThat(session.outputs().get(0).describe()).isEqualTo("float[batch, 3]");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "INT8", "UINT8", "INT16", "INT32", "INT64", "BOOL"})
    void carriesEveryTypeInAndOut(DataType type) throws IOException {
        var x = Value.of(new float[] {0, 1, 1, 0}, 2, 2).as(type);
        try (var session = OrtSession.open(identity(type, Dimension.symbolic("a"), Dimension.of(2)), SETTINGS);
                var outputs = session.run(Map.of("x", x))) {
            assertThat(outputs.get("y").type()).isEqualTo(type);
            assertThat(outputs.get("y").bytes()).isEqualTo(x.bytes());
        }
    }

    @Test
    void carriesScalarsAndEmptyBatches() throws IOException {
        try (var scalar = OrtSession.open(identity(DataType.FLOAT), SETTINGS);
                var outputs = scalar.run(Map.of("x", Value.of(new float[] {7})))) {
            assertThat(outputs.get("y").rank()).isZero();
            assertThat(outputs.get("y").number(0)).isEqualTo(7);
        }
        try (var session = OrtSession.open(linear(), SETTINGS);
                var outputs = session.run(Map.of("x", Value.zeros(DataType.FLOAT, 0, 2)))) {
            assertThat(outputs.get("y").dims()).containsExactly(0, 3);
        }
    }

    @Test
    void refusesStrings() throws IOException {
        var model = identity(DataType.STRING, Dimension.symbolic("a"));
        assertThatThrownBy(() -> OrtSession.open(model, SETTINGS))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("'x'")
                .hasMessageContaining("STRING");
    }

    @Test
    void observesValuesInsideTheGraph() throws IOException {
        var model = linear();
        try (var session = OrtSession.observing(model, List.of("h", "product", "y"), directory, SETTINGS);
                var outputs = session.run(Map.of("x", Value.of(new float[] {1, 2}, 1, 2)))) {
            assertThat(outputs.names()).containsExactly("y", "h", "product");
            assertThat(numbers(outputs.get("h"))).containsExactly(1, 2.5, 1);
            assertThat(numbers(outputs.get("product"))).containsExactly(1, 2, 1);
        }
        assertThat(directory.toFile().list()).containsExactly("m.onnx");
    }

    @Test
    void aBoundFeedIsReadAgainOnEachRun() throws IOException {
        var x = Value.of(new float[] {1, 2}, 1, 2);
        try (var session = OrtSession.open(linear(), SETTINGS);
                var bound = session.bind(Map.of("x", x))) {
            x.floats().put(0, 5);
            try (var outputs = bound.run()) {
                assertThat(outputs.get("y").number(0)).isEqualTo(5);
            }
        }
    }

    @Test
    void refusesWhatOnnxRuntimeCannotLoad() throws IOException {
        var broken = Files.writeString(directory.resolve("broken.onnx"), "no model");
        assertThatThrownBy(() -> OrtSession.open(broken, SETTINGS))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e -> assertThat(e.problem().code()).isEqualTo("MODEL_NOT_RUNNABLE"))
                .hasMessageContaining("broken.onnx");
    }

    @Test
    void refusesValuesThatDoNotFit() throws IOException {
        try (var session = OrtSession.open(linear(), SETTINGS)) {
            assertThatThrownBy(() -> session.run(Map.of("x", Value.zeros(DataType.FLOAT, 1, 7))))
                    .isInstanceOfSatisfying(
                            RefusedException.class,
                            e -> assertThat(e.problem().code()).isEqualTo("MODEL_RUN_FAILED"));
        }
    }

    @Test
    void runsModelsWhoseNamesJavaAndOnnxRuntimeSpellDifferently() throws IOException {
        var m = new ModelBuilder(17);
        m.input("in🙂put", DataType.FLOAT, Dimension.symbolic("n"));
        m.node(Node.of("Neg", "n", List.of("in🙂put"), List.of("größe/出力🙂")));
        m.output("größe/出力🙂", DataType.FLOAT, Dimension.symbolic("n"));
        var model = write(m);
        try (var session = OrtSession.open(model, SETTINGS);
                var outputs = session.run(Map.of("in🙂put", Value.of(new float[] {3}, 1)))) {
            assertThat(session.inputs().get(0).name()).isEqualTo("in🙂put");
            assertThat(outputs.get("größe/出力🙂").number(0)).isEqualTo(-3);
        }
    }

    /** {@code y = relu(h)}, {@code h = product + b}, {@code product = x · w}; {@code x (batch, 2)}, {@code y (batch, 3)}. */
    private Path linear() throws IOException {
        var m = new ModelBuilder(17);
        var batch = Dimension.symbolic("batch");
        m.input("x", DataType.FLOAT, batch, Dimension.of(2));
        m.initializer(Tensor.floats("w", new float[] {1, 0, -1, 0, 1, 1}, 2, 3));
        m.initializer(Tensor.floats("b", new float[] {0, 0.5f, 0}, 3));
        m.node(Node.of("MatMul", "matmul", List.of("x", "w"), List.of("product")));
        m.node(Node.of("Add", "add", List.of("product", "b"), List.of("h")));
        m.node(Node.of("Relu", "relu", List.of("h"), List.of("y")));
        m.output("y", DataType.FLOAT, batch, Dimension.of(3));
        return write(m);
    }

    private Path identity(DataType type, Dimension... dims) throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", type, dims);
        m.node(Node.of("Identity", "identity", List.of("x"), List.of("y")));
        m.output("y", type, dims);
        return write(m);
    }

    private Path write(ModelBuilder builder) throws IOException {
        var file = directory.resolve("m.onnx");
        builder.build().write(file);
        return file;
    }

    private static double[] numbers(Value value) {
        var numbers = new double[(int) value.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = value.number(i);
        }
        return numbers;
    }
}
