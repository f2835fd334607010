package dev.millrace.onnx.gate;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Small models of the kinds that crash, hang, fill or rob native code, each with the code that must refuse it. */
final class HostileModels {
    /** Writes a model and what belongs to it into a directory. */
    interface Writer {
        void write(Path directory, Path model) throws IOException;
    }

    record Case(String code, Writer writer) {}

    private final Map<String, Case> cases = new LinkedHashMap<>();

    static Map<String, Case> all() {
        var models = new HostileModels();
        models.files();
        models.tensors();
        models.structure();
        models.attributes();
        models.bombs();
        models.external();
        return models.cases;
    }

    private void files() {
        add("empty file", "MODEL_EMPTY", (directory, model) -> Files.createFile(model));
        add(
                "not a protobuf",
                "MODEL_MALFORMED",
                (directory, model) -> Files.writeString(model, "onnx? \u0007\u0007 no"));
        add("truncated", "MODEL_MALFORMED", (directory, model) -> {
            var whole = valid().build().toByteArray();
            Files.write(model, java.util.Arrays.copyOf(whole, whole.length - 3));
        });
        add(
                "protobuf nested a thousand deep",
                "MODEL_MALFORMED",
                (directory, model) -> Files.write(model, nested(999)));
        raw("no outputs", "MODEL_EMPTY", model -> model.getGraphBuilder().clearOutput());
        raw("no operator set", "OPSET_MISSING", ModelProto.Builder::clearOpsetImport);
    }

    private void tensors() {
        raw("dimensions that overflow", "TENSOR_DIMS", model -> initializer(model, 4, 1L << 40, 1L << 40));
        raw("negative dimension", "TENSOR_DIMS", model -> initializer(model, 4, -4, -1));
        raw("bytes fewer than the shape", "TENSOR_SIZE", model -> initializer(model, 4, 1000));
        raw("bytes more than the shape", "TENSOR_SIZE", model -> initializer(model, 400, 2));
        raw("tensor beyond the limit", "TENSOR_TOO_LARGE", model -> initializer(model, 4, 1L << 34));
        raw("too many axes", "TENSOR_RANK", model -> {
            var dims = new long[100];
            java.util.Arrays.fill(dims, 1);
            initializer(model, 4, dims);
        });
        raw("unknown element type", "TENSOR_TYPE", model -> {
            initializer(model, 4, 1);
            model.getGraphBuilder().getInitializerBuilder(0).setDataType(77);
        });
        raw("sparse index outside", "SPARSE_INDICES", model -> {
            var sparse = model.getGraphBuilder().addSparseInitializerBuilder().addDims(4);
            sparse.getValuesBuilder().setName("s").setDataType(1).addDims(1).addFloatData(1);
            sparse.getIndicesBuilder().setDataType(7).addDims(1).addInt64Data(1000);
        });
        raw("sparse constant outside", "SPARSE_INDICES", model -> {
            var attribute = AttributeProto.newBuilder()
                    .setName("sparse_value")
                    .setType(AttributeProto.AttributeType.SPARSE_TENSOR);
            var sparse = attribute.getSparseTensorBuilder().addDims(4);
            sparse.getValuesBuilder().setDataType(1).addDims(1).addFloatData(1);
            sparse.getIndicesBuilder().setDataType(7).addDims(1).addInt64Data(-1);
            model.getGraphBuilder()
                    .addNode(NodeProto.newBuilder()
                            .setOpType("Constant")
                            .addOutput("c")
                            .addAttribute(attribute));
        });
        raw("declared input beyond the limit", "TENSOR_TOO_LARGE", model -> {
            var shape =
                    model.getGraphBuilder().getInputBuilder(0).getTypeBuilder().getTensorTypeBuilder();
            shape.setElemType(1).getShapeBuilder().addDimBuilder().setDimValue(Long.MAX_VALUE);
            shape.getShapeBuilder().addDimBuilder().setDimValue(Long.MAX_VALUE);
        });
    }

    private void structure() {
        raw(
                "cycle",
                "GRAPH_CYCLE",
                model -> model.getGraphBuilder().addNode(node("Relu", "a", "b")).addNode(node("Relu", "b", "a")));
        raw(
                "node that reads itself",
                "GRAPH_CYCLE",
                model -> model.getGraphBuilder().addNode(node("Relu", "a", "a")));
        raw(
                "undefined input",
                "UNDEFINED_NAME",
                model -> model.getGraphBuilder().addNode(node("Relu", "nowhere", "a")));
        raw(
                "undefined output",
                "UNDEFINED_NAME",
                model -> model.getGraphBuilder().addOutput(value("nowhere")));
        raw(
                "value made twice",
                "DUPLICATE_NAME",
                model -> model.getGraphBuilder().addNode(node("Relu", "x", "y")));
        raw("initializer twice", "DUPLICATE_NAME", model -> {
            initializer(model, 4, 1);
            initializer(model, 4, 1);
        });
        raw(
                "attribute twice",
                "DUPLICATE_NAME",
                model -> model.getGraphBuilder()
                        .addNode(node("LeakyRelu", "x", "a")
                                .addAttribute(alpha())
                                .addAttribute(alpha())));
        raw(
                "node makes an input",
                "DUPLICATE_NAME",
                model -> model.getGraphBuilder().addNode(node("Relu", "y", "x")));
        raw(
                "foreign domain",
                "DOMAIN_NOT_ALLOWED",
                model -> model.getGraphBuilder().addNode(node("Shell", "x", "a").setDomain("com.example.evil")));
        raw("NUL in a name", "BAD_NAME", model -> model.getGraphBuilder().addNode(node("Relu", "x", "a\0b")));
        raw(
                "endless name",
                "BAD_NAME",
                model -> model.getGraphBuilder().addNode(node("Relu", "x", "n".repeat(100_000))));
        raw(
                "subgraphs twenty deep",
                "GRAPH_DEPTH",
                model -> model.getGraphBuilder().addNode(nestedIf(20)));
        raw("thirty thousand nodes", "TOO_MANY_NODES", model -> {
            for (int i = 0; i < 30_000; i++) {
                model.getGraphBuilder().addNode(node("Relu", "x", "n" + i));
            }
        });
        raw("too many initializers", "TOO_MANY_INITIALIZERS", model -> {
            for (int i = 0; i < 20_000; i++) {
                model.getGraphBuilder()
                        .addInitializerBuilder()
                        .setName("i" + i)
                        .setDataType(1)
                        .addDims(0);
            }
        });
        raw("function that calls itself", "FUNCTION_RECURSION", model -> model.addFunctions(function("f0", "f0", 1)));
        raw("chain of a thousand functions", "FUNCTION_DEPTH", model -> {
            for (int i = 0; i < 1000; i++) {
                model.addFunctions(function("f" + i, "f" + (i + 1), 1));
            }
        });
        raw("function laughs", "TOO_MANY_NODES", model -> {
            for (int i = 0; i < 12; i++) {
                model.addFunctions(function("f" + i, i == 11 ? "" : "f" + (i + 1), 10));
            }
        });
    }

    private void attributes() {
        built(
                "DepthToSpace with a huge block",
                "ATTRIBUTE_RANGE",
                m -> m.node("DepthToSpace", List.of("x"), Attribute.of("blocksize", 1L << 33)));
        built(
                "DepthToSpace with block 0",
                "ATTRIBUTE_RANGE",
                m -> m.node("DepthToSpace", List.of("x"), Attribute.of("blocksize", 0)));
        for (var attribute : List.of("bits", "block_size")) {
            built(
                    "GatherBlockQuantized with " + attribute + " 0",
                    "ATTRIBUTE_RANGE",
                    m -> m.node(Node.of(
                                    "GatherBlockQuantized",
                                    "gather",
                                    List.of(m.normal("table", 8, 32), m.longs("ids", 1), m.normal("scales", 8, 2)),
                                    List.of("rows"),
                                    Attribute.of(attribute, 0))
                            .withDomain("com.microsoft")));
        }
        built(
                "ConvTranspose with group 0",
                "ATTRIBUTE_RANGE",
                m -> m.node("ConvTranspose", List.of("x", m.normal("w", 4, 4, 2, 2)), Attribute.of("group", 0)));
        built(
                "Conv whose bias is short",
                "PARAMETER_LENGTH",
                m -> m.node("Conv", List.of("x", m.normal("w", 64, 4, 1, 1), m.normal("b", 1))));
        built(
                "Conv of a kernel that the weight lacks",
                "PARAMETER_LENGTH",
                m -> m.node("Conv", List.of("x", m.normal("w", 8, 4, 1, 1)), Attribute.ints("kernel_shape", 3, 3)));
        built(
                "stride 0",
                "ATTRIBUTE_RANGE",
                m -> m.node(
                        "MaxPool",
                        List.of("x"),
                        Attribute.ints("kernel_shape", 2, 2),
                        Attribute.ints("strides", 0, 0)));
        built(
                "huge pooling window",
                "ATTRIBUTE_RANGE",
                m -> m.node("AveragePool", List.of("x"), Attribute.ints("kernel_shape", 60_000, 60_000)));
        built(
                "Attention of no heads",
                "ATTRIBUTE_RANGE",
                m -> m.node(
                        "Attention",
                        List.of("x", "x", "x"),
                        Attribute.of("q_num_heads", 0),
                        Attribute.of("kv_num_heads", 0)));
        built(
                "SplitToSequence by 0",
                "ATTRIBUTE_RANGE",
                m -> m.node("SplitToSequence", List.of("x", m.initializer(Tensor.longs("s", new long[] {0})))));
        built(
                "smallest integer by -1",
                "DIVISION_TRAP",
                m -> m.node(
                        "Div",
                        List.of(
                                m.initializer(Tensor.ints("a", new int[] {Integer.MIN_VALUE}, 1)),
                                m.initializer(Tensor.ints("b", new int[] {-1}, 1)))));
        built("integer Mod by 0", "DIVISION_TRAP", m -> m.node("Mod", List.of(m.longs("a", 5), m.longs("b", 0))));
        built(
                "Einsum of two arrows",
                "EINSUM_EQUATION",
                m -> m.node("Einsum", List.of("x"), Attribute.of("equation", "i->j->k")));
        built(
                "Einsum with digits",
                "EINSUM_EQUATION",
                m -> m.node("Einsum", List.of("x"), Attribute.of("equation", "i1->1")));
        built(
                "Einsum of a missing operand",
                "EINSUM_EQUATION",
                m -> m.node("Einsum", List.of("x"), Attribute.of("equation", "ij,jk->ik")));
        built(
                "Scan of a billion inputs",
                "ATTRIBUTE_RANGE",
                m -> m.node(
                        "Scan",
                        List.of("x"),
                        Attribute.of("num_scan_inputs", 1_000_000_000),
                        Attribute.of("body", body(false))));
        built(
                "BatchNormalization of unequal parameters",
                "PARAMETER_LENGTH",
                m -> m.node(
                        "BatchNormalization",
                        List.of("x", m.normal("g", 4), m.normal("b", 1), m.normal("m", 4), m.normal("v", 4))));
        built(
                "LSTM whose bias is short",
                "PARAMETER_LENGTH",
                m -> m.node(
                        "LSTM", List.of("x", m.normal("w", 1, 16, 4), m.normal("r", 1, 16, 4), m.normal("b", 1, 8))));
        built(
                "DequantizeLinear of too few scales",
                "PARAMETER_LENGTH",
                m -> m.node(
                        "DequantizeLinear",
                        List.of(
                                m.initializer(Tensor.bytes("q", DataType.INT8, new byte[12], 3, 4)),
                                m.normal("s", 2))));
    }

    private void bombs() {
        built(
                "ConstantOfShape of a petabyte",
                "VALUE_TOO_LARGE",
                m -> m.node("ConstantOfShape", List.of(m.longs("shape", 1 << 20, 1 << 20, 1 << 10))));
        built(
                "Expand of a petabyte",
                "VALUE_TOO_LARGE",
                m -> m.node("Expand", List.of("x", m.longs("shape", 1 << 20, 1 << 20, 1 << 10))));
        built("Tiles of tiles", "VALUE_TOO_LARGE", m -> {
            var value = m.normal("t", 8);
            for (int i = 0; i < 12; i++) {
                value = m.node("Tile", List.of(value, m.longs("repeat" + i, 1000)));
            }
        });
        built(
                "Range without end",
                "VALUE_TOO_LARGE",
                m -> m.node(
                        "Range",
                        List.of(
                                m.initializer(Tensor.longs("from", new long[] {0})),
                                m.initializer(Tensor.longs("to", new long[] {Long.MAX_VALUE})),
                                m.initializer(Tensor.longs("by", new long[] {1})))));
        built(
                "Resize by a million",
                "ATTRIBUTE_RANGE",
                m -> m.node(
                        "Resize",
                        List.of("x", "", m.initializer(Tensor.floats("scales", new float[] {1, 1, 1e6f, 1e6f}, 4)))));
        built(
                "endless loop",
                "LOOP_TOO_LONG",
                m -> m.node("Loop", List.of("", "", "x"), Attribute.of("body", body(false))));
        built(
                "huge loop",
                "LOOP_TOO_LONG",
                m -> m.node(
                        "Loop",
                        List.of(m.initializer(Tensor.longs("count", new long[] {1L << 40})), "", "x"),
                        Attribute.of("body", body(false))));
        built("loops in loops", "LOOP_TOO_LONG", m -> {
            m.initializer(Tensor.longs("count", new long[] {10_000}));
            m.node("Loop", List.of("count", "", "x"), Attribute.of("body", body(true)));
        });
    }

    private void external() {
        external("leaves the directory", "EXTERNAL_DATA_PATH", "../secret", (directory, secret) -> {});
        external("absolute path", "EXTERNAL_DATA_PATH", "/etc/passwd", (directory, secret) -> {});
        external("NUL in the path", "EXTERNAL_DATA_PATH", "data\0.bin", (directory, secret) -> {});
        external("no such file", "EXTERNAL_DATA_MISSING", "missing.bin", (directory, secret) -> {});
        external(
                "symbolic link",
                "EXTERNAL_DATA_LINK",
                "link.bin",
                (directory, secret) -> Files.createSymbolicLink(directory.resolve("link.bin"), secret));
        external(
                "hard link",
                "EXTERNAL_DATA_LINK",
                "hard.bin",
                (directory, secret) -> Files.createLink(directory.resolve("hard.bin"), secret));
        external(
                "directory as data",
                "EXTERNAL_DATA_LINK",
                "folder",
                (directory, secret) -> Files.createDirectory(directory.resolve("folder")));
        external("fifo", "EXTERNAL_DATA_LINK", "pipe.bin", (directory, secret) -> {
            var pipe = directory.resolve("pipe.bin").toString();
            new ProcessBuilder("mkfifo", pipe).start().onExit().join();
        });
        external(
                "file too short",
                "TENSOR_SIZE",
                "short.bin",
                (directory, secret) -> Files.writeString(directory.resolve("short.bin"), "ab"));
        externalEntries("location twice", "EXTERNAL_DATA_AMBIGUOUS", List.of("location", "a.bin", "location", "b.bin"));
        externalEntries(
                "range beyond the file",
                "EXTERNAL_DATA_BOUNDS",
                List.of("location", "a.bin", "offset", "8", "length", "16"));
        externalEntries(
                "offset that is no number",
                "EXTERNAL_DATA_BOUNDS",
                List.of("location", "a.bin", "offset", "-8", "length", "4"));
        add("one file for a thousand tensors", "EXTERNAL_DATA_SHARED", (directory, file) -> {
            Files.write(directory.resolve("a.bin"), new byte[4096]);
            var model = valid();
            for (int i = 0; i < 1000; i++) {
                model.getGraphBuilder().addInitializer(externalTensor("e" + i, 1024, List.of("location", "a.bin")));
            }
            Files.write(file, model.build().toByteArray());
        });
    }

    // --- building blocks

    private void add(String name, String code, Writer writer) {
        cases.put(name, new Case(code, writer));
    }

    private void raw(String name, String code, Consumer<ModelProto.Builder> damage) {
        add(name, code, (directory, file) -> {
            var model = valid();
            damage.accept(model);
            Files.write(file, model.build().toByteArray());
        });
    }

    private void built(String name, String code, Consumer<ModelBuilder> nodes) {
        add(name, code, (directory, file) -> {
            var m = new ModelBuilder(18);
            m.input("x", DataType.FLOAT, 1, 4, 8, 8);
            nodes.accept(m);
            m.output(m.node("Relu", List.of("x")), DataType.FLOAT, 1, 4, 8, 8);
            m.build().write(file);
        });
    }

    private interface Damage {
        void apply(Path directory, Path secret) throws IOException;
    }

    private void external(String name, String code, String location, Damage damage) {
        add("external data: " + name, code, (directory, file) -> {
            var secret = Files.write(directory.resolveSibling(directory.getFileName() + ".secret"), new byte[16]);
            damage.apply(directory, secret);
            var model = valid();
            model.getGraphBuilder().addInitializer(externalTensor("e", 4, List.of("location", location)));
            Files.write(file, model.build().toByteArray());
        });
    }

    private void externalEntries(String name, String code, List<String> entries) {
        add("external data: " + name, code, (directory, file) -> {
            Files.write(directory.resolve("a.bin"), new byte[16]);
            Files.write(directory.resolve("b.bin"), new byte[16]);
            var model = valid();
            model.getGraphBuilder().addInitializer(externalTensor("e", 4, entries));
            Files.write(file, model.build().toByteArray());
        });
    }

    private static TensorProto externalTensor(String name, long elements, List<String> entries) {
        var tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(1)
                .addDims(elements)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL);
        for (int i = 0; i < entries.size(); i += 2) {
            tensor.addExternalData(
                    StringStringEntryProto.newBuilder().setKey(entries.get(i)).setValue(entries.get(i + 1)));
        }
        return tensor.build();
    }

    /** {@code y = relu(x)}. */
    static ModelProto.Builder valid() {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
                .setGraph(GraphProto.newBuilder()
                        .setName("main")
                        .addInput(value("x"))
                        .addOutput(value("y"))
                        .addNode(node("Relu", "x", "y")));
    }

    private static ValueInfoProto value(String name) {
        var value = ValueInfoProto.newBuilder().setName(name);
        value.getTypeBuilder().getTensorTypeBuilder().setElemType(1);
        return value.build();
    }

    private static NodeProto.Builder node(String opType, String input, String output) {
        return NodeProto.newBuilder().setOpType(opType).addInput(input).addOutput(output);
    }

    private static AttributeProto alpha() {
        return AttributeProto.newBuilder()
                .setName("alpha")
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF(1)
                .build();
    }

    private static void initializer(ModelProto.Builder model, int bytes, long... dims) {
        var tensor =
                model.getGraphBuilder().addInitializerBuilder().setName("i").setDataType(1);
        for (var dim : dims) {
            tensor.addDims(dim);
        }
        tensor.setRawData(ByteString.copyFrom(new byte[bytes]));
    }

    private static NodeProto nestedIf(int depth) {
        var branch = GraphProto.newBuilder().setName("g" + depth).addOutput(value("o" + depth));
        branch.addNode(
                depth == 0
                        ? node("Relu", "x", "o0").build()
                        : nestedIf(depth - 1).toBuilder()
                                .setOutput(0, "o" + depth)
                                .build());
        return node("If", "x", "if" + depth)
                .addAttribute(AttributeProto.newBuilder()
                        .setName("then_branch")
                        .setType(AttributeProto.AttributeType.GRAPH)
                        .setG(branch))
                .build();
    }

    private static FunctionProto function(String name, String callee, int calls) {
        var function = FunctionProto.newBuilder()
                .setName(name)
                .setDomain("local")
                .addInput("a")
                .addOutput("b0")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17));
        for (int i = 0; i < calls; i++) {
            function.addNode(
                    callee.isEmpty()
                            ? node("Relu", "a", "b" + i)
                            : node(callee, "a", "b" + i).setDomain("local"));
        }
        return function.build();
    }

    /** A Loop body whose condition never changes, around another loop if asked for. */
    private static Graph body(boolean loopInside) {
        var prefix = loopInside ? "outer." : "inner.";
        var body = new Graph(prefix + "body");
        body.addInput(ValueInfo.tensor(prefix + "i", DataType.INT64, new long[0]));
        body.addInput(ValueInfo.tensor(prefix + "go", DataType.BOOL, new long[0]));
        body.addInput(ValueInfo.tensor(prefix + "v", DataType.FLOAT, 1, 4, 8, 8));
        body.add(Node.of("Identity", prefix + "keep", List.of(prefix + "go"), List.of(prefix + "on")));
        body.add(
                loopInside
                        ? Node.of(
                                "Loop",
                                "loop.inside",
                                List.of("count", "", prefix + "v"),
                                List.of(prefix + "w"),
                                Attribute.of("body", body(false)))
                        : Node.of("Relu", prefix + "relu", List.of(prefix + "v"), List.of(prefix + "w")));
        body.addOutput(ValueInfo.tensor(prefix + "on", DataType.BOOL, new long[0]));
        body.addOutput(ValueInfo.tensor(prefix + "w", DataType.FLOAT, 1, 4, 8, 8));
        return body;
    }

    /** Field 7, a graph, in field 1, a node, in field 5, an attribute, in field 6, a graph … */
    private static byte[] nested(int depth) {
        int[] fields = {6, 5, 1};
        var message = ByteString.EMPTY;
        for (int i = 0; i < depth; i++) {
            message = field(fields[i % 3], message);
        }
        return field(7, message).toByteArray();
    }

    private static ByteString field(int number, ByteString content) {
        var out = ByteString.newOutput();
        try {
            var coded = com.google.protobuf.CodedOutputStream.newInstance(out);
            coded.writeBytes(number, content);
            coded.flush();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteString();
    }
}
