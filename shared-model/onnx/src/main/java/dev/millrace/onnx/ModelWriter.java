package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedOutputStream;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * From {@link Model} to a file. Sizes come from types and dimensions, so every tensor is pulled once, while it is written,
 * and none is kept.
 */
final class ModelWriter {
    /** Tensors below stay in the model file even when the others do not. */
    private static final long EXTERNAL_FROM_BYTES = 1024;

    /** Offsets are multiples of a page, so that a reader can map each tensor. */
    private static final long PAGE_BYTES = 4096;

    private final @Nullable DataFile dataFile;

    private ModelWriter(@Nullable DataFile dataFile) {
        this.dataFile = dataFile;
    }

    static void write(Model model, Path file, boolean external) throws IOException {
        var wire = external ? null : new ModelWriter(null).model(model);
        if (wire != null && wire.size() <= Model.MAX_INLINE_BYTES) {
            write(wire, file);
            return;
        }
        var data = file.resolveSibling(file.getFileName() + ".data");
        var partial = partial(data);
        try (var channel = create(partial)) {
            wire = new ModelWriter(new DataFile(data.getFileName().toString(), channel)).model(model);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(partial);
            throw e;
        }
        if (wire.size() > Model.MAX_INLINE_BYTES) {
            Files.delete(partial);
            throw new RefusedException(
                    "MODEL_TOO_LARGE",
                    "model '" + model.graph().name() + "'",
                    wire.size() + " bytes without tensor data",
                    "at most " + Model.MAX_INLINE_BYTES);
        }
        Files.move(partial, data, StandardCopyOption.REPLACE_EXISTING);
        write(wire, file);
    }

    private static void write(Wire wire, Path file) throws IOException {
        var partial = partial(file);
        try (var channel = create(partial)) {
            var out = CodedOutputStream.newInstance(Channels.newOutputStream(channel), 1 << 16);
            wire.writeTo(new Wire.Sink(out, channel));
            out.flush();
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(partial);
            throw e;
        }
        Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Path partial(Path file) {
        return file.resolveSibling(file.getFileName() + ".partial");
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    }

    /** The file that holds tensors, being written. */
    private record DataFile(String name, FileChannel channel) {
        /** Appends the tensor's data at the next page and says where. */
        TensorProto append(Tensor tensor) throws IOException {
            long offset = (channel.position() + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
            channel.position(offset);
            tensor.data().transferTo(channel, tensor.sizeBytes());
            return tensor.header().toBuilder()
                    .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                    .addExternalData(entry("location", name))
                    .addExternalData(entry("offset", Long.toString(offset)))
                    .addExternalData(entry("length", Long.toString(tensor.sizeBytes())))
                    .build();
        }

        private static StringStringEntryProto entry(String key, String value) {
            return StringStringEntryProto.newBuilder()
                    .setKey(key)
                    .setValue(value)
                    .build();
        }
    }

    private Wire model(Model model) throws IOException {
        var wire = new Wire(model.rest());
        wire.add(ModelProto.GRAPH_FIELD_NUMBER, graph(model.graph()));
        for (var function : model.functions()) {
            wire.add(ModelProto.FUNCTIONS_FIELD_NUMBER, function(function));
        }
        return wire;
    }

    private Wire graph(Graph graph) throws IOException {
        var wire = new Wire(graph.rest());
        for (var node : graph.nodes()) {
            wire.add(GraphProto.NODE_FIELD_NUMBER, node(node));
        }
        for (var initializer : graph.initializers()) {
            wire.add(GraphProto.INITIALIZER_FIELD_NUMBER, tensor(initializer));
        }
        for (var sparse : graph.sparseInitializers()) {
            wire.add(GraphProto.SPARSE_INITIALIZER_FIELD_NUMBER, sparse(sparse));
        }
        graph.inputs().forEach(input -> wire.add(GraphProto.INPUT_FIELD_NUMBER, input.proto()));
        graph.outputs().forEach(output -> wire.add(GraphProto.OUTPUT_FIELD_NUMBER, output.proto()));
        graph.valueInfos().forEach(info -> wire.add(GraphProto.VALUE_INFO_FIELD_NUMBER, info.proto()));
        return wire;
    }

    private Wire function(Function function) throws IOException {
        var wire = new Wire(function.rest());
        var body = function.body();
        body.inputs().forEach(input -> wire.add(FunctionProto.INPUT_FIELD_NUMBER, input.name()));
        body.outputs().forEach(output -> wire.add(FunctionProto.OUTPUT_FIELD_NUMBER, output.name()));
        body.valueInfos().forEach(info -> wire.add(FunctionProto.VALUE_INFO_FIELD_NUMBER, info.proto()));
        for (var node : body.nodes()) {
            wire.add(FunctionProto.NODE_FIELD_NUMBER, node(node));
        }
        return wire;
    }

    private Wire node(Node node) throws IOException {
        var wire = new Wire(node.rest());
        node.inputs().forEach(input -> wire.add(NodeProto.INPUT_FIELD_NUMBER, input));
        node.outputs().forEach(output -> wire.add(NodeProto.OUTPUT_FIELD_NUMBER, output));
        for (var attribute : node.attributes()) {
            wire.add(NodeProto.ATTRIBUTE_FIELD_NUMBER, attribute(attribute));
        }
        return wire;
    }

    private Wire attribute(Attribute attribute) throws IOException {
        var wire = new Wire(attribute.rest());
        int tensorField = attribute.type() == AttributeType.TENSORS
                ? AttributeProto.TENSORS_FIELD_NUMBER
                : AttributeProto.T_FIELD_NUMBER;
        for (var tensor : attribute.tensors()) {
            wire.add(tensorField, tensor(tensor));
        }
        int graphField = attribute.type() == AttributeType.GRAPHS
                ? AttributeProto.GRAPHS_FIELD_NUMBER
                : AttributeProto.G_FIELD_NUMBER;
        for (var graph : attribute.graphs()) {
            wire.add(graphField, graph(graph));
        }
        return wire;
    }

    private Wire sparse(SparseTensor sparse) throws IOException {
        var wire = new Wire(sparse.rest().toBuilder().addAllDims(sparse.dims()).build());
        wire.add(SparseTensorProto.VALUES_FIELD_NUMBER, tensor(sparse.values()));
        wire.add(SparseTensorProto.INDICES_FIELD_NUMBER, tensor(sparse.indices()));
        return wire;
    }

    private Wire tensor(Tensor tensor) throws IOException {
        if (dataFile != null && tensor.sizeBytes() >= EXTERNAL_FROM_BYTES) {
            return new Wire(dataFile.append(tensor));
        }
        var wire = new Wire(tensor.header());
        if (tensor.sizeBytes() > 0) {
            wire.add(TensorProto.RAW_DATA_FIELD_NUMBER, tensor);
        }
        return wire;
    }
}
