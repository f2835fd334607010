package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An ONNX model: a graph, the operator sets it is written in, functions and metadata. Mutable, for one thread.
 *
 * <p>Law: {@code Model.read(write(m)).equals(m)}, external data and fields unknown to this code included.
 */
public final class Model {
    /** The largest file that is one protobuf message. */
    public static final long MAX_INLINE_BYTES = Integer.MAX_VALUE;

    /** IR version of models made here: the first with typed overloads of functions, opset 21. */
    private static final int IR_VERSION = 10;

    /** Everything but the graph and the functions. */
    private ModelProto rest;

    private final Graph graph;
    private final List<Function> functions;
    private List<String> externalFiles = List.of();

    Model(ModelProto rest, Graph graph, List<Function> functions) {
        this.rest = rest;
        this.graph = graph;
        this.functions = new ArrayList<>(functions);
    }

    /** A new model around a graph. */
    public Model(Graph graph, long opset) {
        this(
                ModelProto.newBuilder()
                        .setIrVersion(IR_VERSION)
                        .setProducerName("millrace")
                        .addOpsetImport(
                                OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
                        .build(),
                graph,
                List.of());
    }

    /**
     * Maps a file. Tensor data stays in the file until it is read; external data is looked for beside it.
     *
     * @throws dev.millrace.message.RefusedException {@code MODEL_MALFORMED} if the file is no ONNX model, {@code
     *     DUPLICATE_NAME} if a name is defined twice, {@code EXTERNAL_DATA_…} if external data is not plainly inside the
     *     model's directory
     * @throws IOException if the file cannot be read
     */
    public static Model read(Path file) throws IOException {
        return ModelReader.read(file);
    }

    /**
     * Writes the model, tensor by tensor; the file appears complete or not at all. A model above {@link
     * #MAX_INLINE_BYTES} gets its tensors in {@code <file>.data}.
     *
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        ModelWriter.write(this, file, false);
    }

    /** Writes the model with every tensor of 1 KiB or more in {@code <file>.data}. */
    public void writeExternal(Path file) throws IOException {
        ModelWriter.write(this, file, true);
    }

    public Graph graph() {
        return graph;
    }

    /** Files with external data that this model was read from, relative to its directory, in order; empty if none. */
    public List<String> externalFiles() {
        return externalFiles;
    }

    Model readFrom(Collection<String> files) {
        externalFiles = files.stream().sorted().toList();
        return this;
    }

    /** Model-local functions; a live, mutable list. */
    public List<Function> functions() {
        return functions;
    }

    /** The main graph, function bodies, and every subgraph in them. */
    public Stream<Graph> graphs() {
        return Stream.concat(Stream.of(graph), functions.stream().map(Function::body))
                .flatMap(Graph::graphs);
    }

    /** Every node of every graph. */
    public Stream<Node> nodes() {
        return graphs().flatMap(each -> List.copyOf(each.nodes()).stream());
    }

    public long irVersion() {
        return rest.getIrVersion();
    }

    /** Raises the IR version if it is lower: 4 is the first where initializers need not be inputs. */
    public void raiseIrVersion(long least) {
        setIrVersion(Math.max(least, irVersion()));
    }

    public void setIrVersion(long version) {
        rest = rest.toBuilder().setIrVersion(version).build();
    }

    /** Version of the standard operator set; 0 if none is imported. */
    public long opset() {
        return opset("");
    }

    public long opset(String domain) {
        return opset(rest.getOpsetImportList(), domain);
    }

    /** Imports an operator set, replacing another version of it. */
    public void setOpset(String domain, long version) {
        rest = rest.toBuilder()
                .clearOpsetImport()
                .addAllOpsetImport(withOpset(rest.getOpsetImportList(), domain, version))
                .build();
    }

    /** Imported operator sets and their versions; the standard domain is empty. */
    public Map<String, Long> opsets() {
        var opsets = new LinkedHashMap<String, Long>();
        rest.getOpsetImportList().forEach(opset -> opsets.put(standard(opset.getDomain()), opset.getVersion()));
        return Collections.unmodifiableMap(opsets);
    }

    public String producer() {
        return (rest.getProducerName() + " " + rest.getProducerVersion()).strip();
    }

    /** Key-value notes of the model. */
    public Map<String, String> metadata() {
        var metadata = new LinkedHashMap<String, String>();
        rest.getMetadataPropsList().forEach(entry -> metadata.put(entry.getKey(), entry.getValue()));
        return Collections.unmodifiableMap(metadata);
    }

    /** Sets a note, replacing the one of that key. */
    public void setMetadata(String key, String value) {
        var metadata = new LinkedHashMap<>(metadata());
        metadata.put(key, value);
        var changed = rest.toBuilder().clearMetadataProps();
        metadata.forEach((k, v) -> changed.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(k).setValue(v)));
        rest = changed.build();
    }

    /** A model that shares no mutable state with this one; tensor data is shared. */
    public Model copy() {
        return new Model(
                rest, graph.copy(), functions.stream().map(Function::copy).toList());
    }

    static long opset(List<OperatorSetIdProto> imports, String domain) {
        return imports.stream()
                .filter(opset -> standard(opset.getDomain()).equals(standard(domain)))
                .mapToLong(OperatorSetIdProto::getVersion)
                .findFirst()
                .orElse(0);
    }

    static List<OperatorSetIdProto> withOpset(List<OperatorSetIdProto> imports, String domain, long version) {
        var others =
                imports.stream().filter(opset -> !standard(opset.getDomain()).equals(standard(domain)));
        var changed = OperatorSetIdProto.newBuilder()
                .setDomain(domain)
                .setVersion(version)
                .build();
        return Stream.concat(Stream.of(changed), others).toList();
    }

    private static String standard(String domain) {
        return domain.equals("ai.onnx") ? "" : domain;
    }

    ModelProto rest() {
        return rest;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Model that
                && rest.equals(that.rest)
                && functions.equals(that.functions)
                && graph.equals(that.graph);
    }

    @Override
    public int hashCode() {
        return rest.hashCode();
    }

    @Override
    public String toString() {
        return "model, IR " + irVersion() + ", opsets " + opsets() + ", " + graph;
    }
}
