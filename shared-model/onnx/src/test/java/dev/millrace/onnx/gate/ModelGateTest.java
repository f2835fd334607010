package dev.millrace.onnx.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ModelGateTest {
    /** The defaults with counts that are quick to exceed. */
    private static final Limits LIMITS = withCounts(20_000, 10_000);

    @TempDir
    Path directory;

    static Stream<Arguments> hostile() {
        return HostileModels.all().entrySet().stream().map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostile")
    void refuses(String name, HostileModels.Case hostile) throws IOException {
        var folder = Files.createDirectory(directory.resolve("model"));
        var file = folder.resolve("model.onnx");
        hostile.writer().write(folder, file);

        var refused = catchThrowableOfType(RefusedException.class, () -> ModelGate.check(file, LIMITS));

        assertThat(refused).as(name).isNotNull();
        assertThat(refused.problem().code()).isEqualTo(hostile.code());
        assertThat(refused.problem().where()).isNotBlank();
        assertThat(refused.problem().found()).isNotBlank();
        assertThat(refused.problem().allowed()).isNotBlank();
    }

    static Stream<Arguments> legal() {
        Map<String, Consumer<ModelBuilder>> models = new LinkedHashMap<>();
        models.put("unicode names", m -> {
            m.input("größe", DataType.FLOAT, 2);
            m.output(m.node(Node.of("Relu", "節點", List.of("größe"), List.of("выход"))), DataType.FLOAT, 2);
        });
        models.put("initializer listed as input", m -> {
            m.input("x", DataType.FLOAT, 2);
            m.input("w", DataType.FLOAT, 2);
            m.output(m.node("Add", List.of("x", m.normal("w", 2))), DataType.FLOAT, 2);
        });
        models.put("scalar output", m -> {
            m.input("x", DataType.FLOAT, 2);
            m.output(m.node("ReduceSum", List.of("x"), Attribute.of("keepdims", 0)), DataType.FLOAT, new long[0]);
        });
        models.put("empty batch", m -> {
            m.input("x", DataType.FLOAT, 0, 4);
            m.output(m.node("Relu", List.of("x")), DataType.FLOAT, 0, 4);
        });
        models.put("optional inputs left out", m -> {
            m.input("x", DataType.FLOAT, 2);
            m.output(
                    m.node("Clip", List.of("x", "", m.initializer(Tensor.floats("max", new float[] {1})))),
                    DataType.FLOAT,
                    2);
        });
        models.put("shared weight", m -> {
            m.input("x", DataType.FLOAT, 2, 2);
            var w = m.normal("w", 2, 2);
            m.output(m.node("MatMul", List.of(m.node("MatMul", List.of("x", w)), w)), DataType.FLOAT, 2, 2);
        });
        models.put("five thousand nodes in a row", m -> {
            var value = m.input("x", DataType.FLOAT, 2);
            for (int i = 0; i < 5000; i++) {
                value = m.node(Node.of("Relu", "n" + i, List.of(value), List.of("v" + i)));
            }
            m.output(value, DataType.FLOAT, 2);
        });
        models.put("nodes out of order", m -> {
            m.input("x", DataType.FLOAT, 2);
            m.node(Node.of("Relu", "second", List.of("h"), List.of("y")));
            m.node(Node.of("Relu", "first", List.of("x"), List.of("h")));
            m.output("y", DataType.FLOAT, 2);
        });
        models.put("while loop with the largest count", m -> {
            m.input("x", DataType.FLOAT, 1);
            m.initializer(Tensor.longs("count", new long[] {Long.MAX_VALUE}));
            m.output(
                    m.node("Loop", List.of("count", "", "x"), Attribute.of("body", decidingBody())), DataType.FLOAT, 1);
        });
        models.put("symbolic and unknown dimensions", m -> {
            m.input("x", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.symbolic(""));
            m.output(m.node("Relu", List.of("x")), DataType.FLOAT, Dimension.symbolic("batch"), Dimension.symbolic(""));
        });
        return models.entrySet().stream().map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    /** Halves its value until the sum is small. */
    private static Graph decidingBody() {
        var body = new Graph("body");
        body.addInput(ValueInfo.tensor("i", DataType.INT64, new long[0]));
        body.addInput(ValueInfo.tensor("go", DataType.BOOL, new long[0]));
        body.addInput(ValueInfo.tensor("v", DataType.FLOAT, 1));
        body.put(Tensor.floats("half", new float[] {0.5f}, 1));
        body.add(Node.of("Mul", "mul", List.of("v", "half"), List.of("w")));
        body.add(Node.of("Greater", "greater", List.of("w", "half"), List.of("more")));
        body.add(Node.of("Squeeze", "squeeze", List.of("more"), List.of("on")));
        body.addOutput(ValueInfo.tensor("on", DataType.BOOL, new long[0]));
        body.addOutput(ValueInfo.tensor("w", DataType.FLOAT, 1));
        return body;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("legal")
    void accepts(String name, Consumer<ModelBuilder> nodes) throws IOException {
        var m = new ModelBuilder(18);
        nodes.accept(m);
        var file = directory.resolve("model.onnx");
        var model = m.build();
        model.write(file);
        assertThat(ModelGate.open(file)).as(name).isEqualTo(model);
    }

    @Test
    void acceptsExternalDataWithAndWithoutOffset() throws IOException {
        var file = directory.resolve("model.onnx");
        Files.write(directory.resolve("w.bin"), new byte[16]);
        var model = HostileModels.valid();
        model.getGraphBuilder()
                .addInitializerBuilder()
                .setName("w")
                .setDataType(1)
                .addDims(4)
                .setDataLocation(ai.onnx.proto.OnnxMl.TensorProto.DataLocation.EXTERNAL)
                .addExternalDataBuilder()
                .setKey("location")
                .setValue("w.bin");
        Files.write(file, model.build().toByteArray());
        ModelGate.check(file, Limits.DEFAULT);

        var written = directory.resolve("external.onnx");
        TinyModels.cnn().writeExternal(written);
        ModelGate.check(written, Limits.DEFAULT);
    }

    @Test
    void limitsCanBeChanged() {
        var tight = withCounts(3, 100);
        assertThatCode(() -> ModelGate.check(TinyModels.mlp(), tight)).doesNotThrowAnyException();
        assertThat(catchThrowableOfType(RefusedException.class, () -> ModelGate.check(TinyModels.cnn(), tight))
                        .problem()
                        .code())
                .isEqualTo("TOO_MANY_NODES");
    }

    private static Limits withCounts(long nodes, long initializers) {
        var defaults = Limits.DEFAULT;
        return new Limits(
                defaults.fileBytes(),
                defaults.valueBytes(),
                nodes,
                initializers,
                defaults.depth(),
                defaults.rank(),
                defaults.nameBytes(),
                defaults.windowElements(),
                defaults.loopTrips(),
                defaults.domains());
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "MILLRACE_ZOO", matches = ".+")
    void acceptsEveryPublishedModel() throws IOException {
        try (var files = Files.walk(Path.of(System.getenv("MILLRACE_ZOO")))) {
            var models = files.filter(path -> path.endsWith("model.onnx")).toList();
            assertThat(models).hasSizeGreaterThan(5).allSatisfy(file -> {
                Model model = ModelGate.open(file);
                assertThat(model.graph().outputs()).isNotEmpty();
            });
        }
    }
}
