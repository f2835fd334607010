package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import dev.millrace.message.RefusedException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A named parameter of a node. An immutable value, except that a subgraph in it is a mutable {@link Graph}.
 *
 * <p>Tensors and graphs are kept apart from the rest so that their data streams.
 */
public final class Attribute {
    /** Everything but dense tensors and graphs. */
    private final AttributeProto rest;

    private final List<Tensor> tensors;
    private final List<Graph> graphs;

    Attribute(AttributeProto rest, List<Tensor> tensors, List<Graph> graphs) {
        this.rest = rest;
        this.tensors = List.copyOf(tensors);
        this.graphs = List.copyOf(graphs);
    }

    private Attribute(AttributeProto.Builder rest) {
        this(rest.build(), List.of(), List.of());
    }

    private static AttributeProto.Builder named(String name, AttributeType type) {
        return AttributeProto.newBuilder().setName(name).setType(type);
    }

    public static Attribute of(String name, long value) {
        return new Attribute(named(name, AttributeType.INT).setI(value));
    }

    public static Attribute of(String name, float value) {
        return new Attribute(named(name, AttributeType.FLOAT).setF(value));
    }

    public static Attribute of(String name, String value) {
        return new Attribute(named(name, AttributeType.STRING).setS(ByteString.copyFromUtf8(value)));
    }

    public static Attribute of(String name, Tensor value) {
        return new Attribute(named(name, AttributeType.TENSOR).build(), List.of(value), List.of());
    }

    public static Attribute of(String name, Graph value) {
        return new Attribute(named(name, AttributeType.GRAPH).build(), List.of(), List.of(value));
    }

    public static Attribute ints(String name, long... values) {
        var attribute = named(name, AttributeType.INTS);
        Arrays.stream(values).forEach(attribute::addInts);
        return new Attribute(attribute);
    }

    public static Attribute floats(String name, float... values) {
        var attribute = named(name, AttributeType.FLOATS);
        for (var value : values) {
            attribute.addFloats(value);
        }
        return new Attribute(attribute);
    }

    public static Attribute strings(String name, List<String> values) {
        var attribute = named(name, AttributeType.STRINGS);
        values.forEach(value -> attribute.addStrings(ByteString.copyFromUtf8(value)));
        return new Attribute(attribute);
    }

    public String name() {
        return rest.getName();
    }

    public Attribute withName(String name) {
        return new Attribute(rest.toBuilder().setName(name).build(), tensors, graphs);
    }

    /** Type as declared; old files may leave it out. */
    public AttributeType type() {
        return rest.getType();
    }

    /** Inside a function: the function's attribute whose value is taken; else empty. */
    public String reference() {
        return rest.getRefAttrName();
    }

    public long integer() {
        return rest.getI();
    }

    public float real() {
        return rest.getF();
    }

    public String text() {
        return rest.getS().toStringUtf8();
    }

    public long[] ints() {
        return rest.getIntsList().stream().mapToLong(Long::longValue).toArray();
    }

    public float[] floats() {
        var values = new float[rest.getFloatsCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = rest.getFloats(i);
        }
        return values;
    }

    public List<String> texts() {
        return rest.getStringsList().stream().map(ByteString::toStringUtf8).toList();
    }

    /** Dense tensors: one for a tensor attribute, any number for a list of them. */
    public List<Tensor> tensors() {
        return tensors;
    }

    /**
     * The sparse tensor of a sparse tensor attribute.
     *
     * @throws RefusedException {@code EXTERNAL_DATA_PATH} if its data is in another file
     */
    public Optional<SparseTensor> sparseTensor() {
        if (!rest.hasSparseTensor()) {
            return Optional.empty();
        }
        var sparse = rest.getSparseTensor();
        for (var part : List.of(sparse.getValues(), sparse.getIndices())) {
            if (part.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
                throw new RefusedException(
                        "EXTERNAL_DATA_PATH", "attribute '" + name() + "'", "external data", "data inside the model");
            }
        }
        return Optional.of(new SparseTensor(
                TypedFields.inline(sparse.getValues()), TypedFields.inline(sparse.getIndices()), sparse.getDimsList()));
    }

    /** Subgraphs: one for a graph attribute, any number for a list of them. */
    public List<Graph> graphs() {
        return graphs;
    }

    /** The same attribute with subgraphs of its own. */
    Attribute copy() {
        return graphs.isEmpty()
                ? this
                : new Attribute(rest, tensors, graphs.stream().map(Graph::copy).toList());
    }

    AttributeProto rest() {
        return rest;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Attribute that
                && rest.equals(that.rest)
                && tensors.equals(that.tensors)
                && graphs.equals(that.graphs);
    }

    @Override
    public int hashCode() {
        return rest.hashCode();
    }

    @Override
    public String toString() {
        return switch (type()) {
            case INT -> name() + "=" + integer();
            case FLOAT -> name() + "=" + real();
            case STRING -> name() + "=" + text();
            case INTS -> name() + "=" + rest.getIntsList();
            case FLOATS -> name() + "=" + rest.getFloatsList();
            default -> name() + "=" + type();
        };
    }
}
