package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** From protobuf to {@link Model}. The file is mapped and raw data are slices of the mapping. */
final class ModelReader {
    private final ExternalFiles files;

    private ModelReader(ExternalFiles files) {
        this.files = files;
    }

    static Model read(Path file) throws IOException {
        return model(file, parse(file));
    }

    /** The message of a file whose bytes fields alias the mapped file. */
    static ModelProto parse(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() > Model.MAX_INLINE_BYTES) {
                throw new RefusedException(
                        "MODEL_TOO_LARGE",
                        file.getFileName().toString(),
                        channel.size() + " bytes",
                        Model.MAX_INLINE_BYTES + " bytes; larger models keep tensors in external data");
            }
            var mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            var input = UnsafeByteOperations.unsafeWrap(mapped).newCodedInput();
            input.enableAliasing(true);
            var model = ModelProto.parseFrom(input);
            input.checkLastTagWas(0);
            return model;
        } catch (InvalidProtocolBufferException e) {
            throw new RefusedException(
                    "MODEL_MALFORMED",
                    file.getFileName().toString(),
                    String.valueOf(e.getMessage()),
                    "an ONNX protobuf");
        }
    }

    static Model model(Path file, ModelProto proto) {
        var directory = file.toAbsolutePath().getParent();
        var external = new ExternalFiles(directory == null ? file : directory);
        var reader = new ModelReader(external);
        var model = new Model(
                proto.toBuilder().clearGraph().clearFunctions().build(),
                reader.graph(proto.getGraph()),
                proto.getFunctionsList().stream().map(reader::function).toList());
        return model.readFrom(external.locations());
    }

    private Graph graph(GraphProto proto) {
        var graph = new Graph(
                proto.toBuilder()
                        .clearNode()
                        .clearInitializer()
                        .clearSparseInitializer()
                        .clearInput()
                        .clearOutput()
                        .clearValueInfo()
                        .build(),
                false);
        for (var input : proto.getInputList()) {
            if (graph.isInput(input.getName())) {
                throw twice(proto.getName(), "input", input.getName());
            }
            graph.addInput(new ValueInfo(input));
        }
        var initializers = new HashSet<String>();
        for (var initializer : proto.getInitializerList()) {
            if (!initializers.add(initializer.getName())) {
                throw twice(proto.getName(), "initializer", initializer.getName());
            }
            graph.put(tensor(initializer));
        }
        for (var sparse : proto.getSparseInitializerList()) {
            if (!initializers.add(sparse.getValues().getName())) {
                throw twice(proto.getName(), "initializer", sparse.getValues().getName());
            }
            graph.put(sparse(sparse));
        }
        proto.getOutputList().forEach(output -> graph.addOutput(new ValueInfo(output)));
        proto.getValueInfoList().forEach(info -> graph.putValueInfo(new ValueInfo(info)));
        addNodes(graph, proto.getNodeList());
        return graph;
    }

    private void addNodes(Graph graph, List<NodeProto> protos) {
        var nodes = protos.stream().map(this::node).toList();
        for (var node : nodes) {
            for (var output : node.outputs()) {
                if (graph.initializer(output).isPresent() || graph.isInput(output)) {
                    throw twice(graph.name(), "output of " + node, output);
                }
            }
        }
        graph.add(nodes.toArray(Node[]::new));
    }

    private static RefusedException twice(String graph, String what, String name) {
        return new RefusedException(
                "DUPLICATE_NAME",
                "graph '" + graph + "'",
                what + " '" + name + "', a name already defined",
                "each name once");
    }

    private Node node(NodeProto proto) {
        var attributes = new ArrayList<Attribute>(proto.getAttributeCount());
        var names = new HashSet<String>();
        for (var attribute : proto.getAttributeList()) {
            if (!names.add(attribute.getName())) {
                throw twice(proto.getOpType() + " " + proto.getName(), "attribute", attribute.getName());
            }
            attributes.add(attribute(attribute));
        }
        return new Node(
                proto.toBuilder().clearInput().clearOutput().clearAttribute().build(),
                proto.getInputList(),
                proto.getOutputList(),
                attributes);
    }

    private Attribute attribute(AttributeProto proto) {
        if (!proto.hasT() && !proto.hasG() && proto.getTensorsCount() == 0 && proto.getGraphsCount() == 0) {
            return new Attribute(proto, List.of(), List.of());
        }
        var tensors = new ArrayList<Tensor>();
        if (proto.hasT()) {
            tensors.add(tensor(proto.getT()));
        }
        proto.getTensorsList().forEach(each -> tensors.add(tensor(each)));
        var graphs = new ArrayList<Graph>();
        if (proto.hasG()) {
            graphs.add(graph(proto.getG()));
        }
        proto.getGraphsList().forEach(each -> graphs.add(graph(each)));
        var rest = proto.toBuilder().clearT().clearG().clearTensors().clearGraphs();
        return new Attribute(rest.build(), tensors, graphs);
    }

    private SparseTensor sparse(SparseTensorProto proto) {
        return new SparseTensor(
                tensor(proto.getValues()),
                tensor(proto.getIndices()),
                proto.getDimsList(),
                proto.toBuilder().clearValues().clearIndices().clearDims().build());
    }

    private Function function(FunctionProto proto) {
        var body = new Graph(GraphProto.newBuilder().setName(proto.getName()).build(), true);
        proto.getInputList().forEach(name -> body.addInput(ValueInfo.untyped(name)));
        proto.getOutputList().forEach(name -> body.addOutput(ValueInfo.untyped(name)));
        for (ValueInfoProto info : proto.getValueInfoList()) {
            body.putValueInfo(new ValueInfo(info));
        }
        addNodes(body, proto.getNodeList());
        return new Function(
                body,
                proto.toBuilder()
                        .clearInput()
                        .clearOutput()
                        .clearValueInfo()
                        .clearNode()
                        .build());
    }

    private Tensor tensor(TensorProto proto) {
        if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            return files.tensor(
                    proto,
                    proto.toBuilder().clearExternalData().clearDataLocation().build());
        }
        return TypedFields.inline(proto);
    }
}
