package dev.millrace.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ModelTest {
    @TempDir
    Path directory;

    static Stream<Model> models() {
        return Stream.of(TinyModels.mlp(), TinyModels.cnn(), TinyModels.branches());
    }

    @ParameterizedTest
    @MethodSource("models")
    void readingWhatWasWrittenGivesTheSameModel(Model model) throws IOException {
        var inline = directory.resolve("inline.onnx");
        var external = directory.resolve("external.onnx");
        model.write(inline);
        model.writeExternal(external);
        assertThat(Model.read(inline)).isEqualTo(model);
        assertThat(Model.read(external)).isEqualTo(model);
        assertThat(directory.resolve("inline.onnx.data")).doesNotExist();
        assertThat(directory.resolve("external.onnx.data")).exists();
    }

    @Test
    void fieldsAndEnumValuesFromTheFutureSurvive() throws IOException {
        var future = UnknownFieldSet.newBuilder()
                .addField(900, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                .build();
        var file = directory.resolve("inline.onnx");
        TinyModels.mlp().write(file);
        var proto = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder().setUnknownFields(future);
        var graph = proto.getGraphBuilder().setUnknownFields(future);
        graph.getNodeBuilder(0).setUnknownFields(future);
        graph.getNodeBuilder(0).getAttributeBuilder(0).setUnknownFields(future);
        graph.getInputBuilder(0).setUnknownFields(future);
        graph.getInitializerBuilder(0).setUnknownFields(future);
        graph.addInitializerBuilder()
                .setName("new")
                .setDataType(99)
                .addDims(3)
                .setRawData(ByteString.copyFrom(new byte[] {1, 2}));
        var original = proto.build();
        Files.write(file, original.toByteArray());

        Model.read(file).write(file);

        assertThat(ModelProto.parseFrom(Files.readAllBytes(file))).isEqualTo(original);
    }

    @Test
    void tensorsArePulledOnceAndOneByOne() throws IOException {
        var model = TinyModels.mlp();
        int[] open = {0};
        for (var tensor : List.copyOf(model.graph().initializers())) {
            model.graph().put(tensor.withData(TensorData.computed(() -> {
                open[0]++;
                return tensor.bytes();
            })));
        }
        model.writeExternal(directory.resolve("model.onnx"));
        assertThat(open[0]).isEqualTo(model.graph().initializers().size());
    }

    @Test
    void aModelMayBeWrittenOverTheFilesItIsReadFrom() throws IOException {
        var file = directory.resolve("model.onnx");
        TinyModels.mlp().writeExternal(file);
        var model = Model.read(file);
        model.graph().put(Tensor.of("first", DataType.INT8, ByteBuffer.allocate(5000), 5000));
        model.writeExternal(file);
        assertThat(Model.read(file)).isEqualTo(model);
        assertThat(Model.read(file).graph().initializer("fc1.weight"))
                .isEqualTo(TinyModels.mlp().graph().initializer("fc1.weight"));
    }

    @Test
    void aFailedWriteLeavesNoFile() {
        var model = TinyModels.mlp();
        model.graph()
                .put(Tensor.of(
                        "broken",
                        DataType.FLOAT,
                        TensorData.computed(() -> {
                            throw new IllegalStateException("no data");
                        }),
                        4096));
        var file = directory.resolve("model.onnx");
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> model.write(file)))
                .hasMessage("no data");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void opsetsAndMetadataAreEdited() {
        var model = TinyModels.mlp();
        model.setOpset("com.microsoft", 1);
        model.setOpset("", 21);
        model.setMetadata("origin", "test");
        model.raiseIrVersion(4);
        assertThat(model.opsets()).containsEntry("", 21L).containsEntry("com.microsoft", 1L);
        assertThat(model.opset("ai.onnx")).isEqualTo(21);
        assertThat(model.metadata()).containsExactly(java.util.Map.entry("origin", "test"));
        assertThat(model.irVersion()).isEqualTo(10);
    }
}
