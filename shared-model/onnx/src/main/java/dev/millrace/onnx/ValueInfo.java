package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.List;
import java.util.Optional;

/** Name, type and shape that a graph declares for a value: an input, an output or one between. An immutable value. */
public final class ValueInfo {
    private final ValueInfoProto proto;

    ValueInfo(ValueInfoProto proto) {
        this.proto = proto;
    }

    /** A value of unknown type. */
    public static ValueInfo untyped(String name) {
        return new ValueInfo(ValueInfoProto.newBuilder().setName(name).build());
    }

    /** A tensor of known rank. */
    public static ValueInfo tensor(String name, DataType type, Dimension... shape) {
        var dims = TensorShapeProto.newBuilder();
        for (var dimension : shape) {
            dims.addDim(dimension(dimension));
        }
        var tensor = TypeProto.Tensor.newBuilder().setElemType(type.code()).setShape(dims);
        return new ValueInfo(ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build());
    }

    /** A tensor of fixed shape. */
    public static ValueInfo tensor(String name, DataType type, long... shape) {
        var dims = new Dimension[shape.length];
        java.util.Arrays.setAll(dims, axis -> Dimension.of(shape[axis]));
        return tensor(name, type, dims);
    }

    /** A tensor whose rank is not declared. */
    public static ValueInfo tensorOfUnknownRank(String name, DataType type) {
        var tensor = TypeProto.Tensor.newBuilder().setElemType(type.code());
        return new ValueInfo(ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build());
    }

    public String name() {
        return proto.getName();
    }

    /** Whether the value is a dense tensor; otherwise a sequence, map, optional, sparse tensor, or undeclared. */
    public boolean isTensor() {
        return proto.getType().hasTensorType();
    }

    /** Whether the value is a list of tensors. */
    public boolean isSequence() {
        return proto.getType().hasSequenceType();
    }

    /** Whether the value may be absent. */
    public boolean isOptional() {
        return proto.getType().hasOptionalType();
    }

    /** Element type of a tensor; {@link DataType#UNDEFINED} if not declared. */
    public DataType type() {
        return DataType.of(proto.getType().getTensorType().getElemType());
    }

    /** Declared shape; empty if the rank is not declared or the value is no tensor. */
    public Optional<List<Dimension>> shape() {
        var tensor = proto.getType().getTensorType();
        return tensor.hasShape()
                ? Optional.of(tensor.getShape().getDimList().stream()
                        .map(dim -> dim.hasDimValue()
                                ? Dimension.of(dim.getDimValue())
                                : Dimension.symbolic(dim.getDimParam()))
                        .toList())
                : Optional.empty();
    }

    public ValueInfo withName(String name) {
        return new ValueInfo(proto.toBuilder().setName(name).build());
    }

    /** The same tensor with another element type; the shape stays. */
    public ValueInfo withType(DataType type) {
        var changed = proto.toBuilder();
        changed.getTypeBuilder().getTensorTypeBuilder().setElemType(type.code());
        return new ValueInfo(changed.build());
    }

    /** The same tensor with one axis replaced. */
    public ValueInfo withDimension(int axis, Dimension dimension) {
        var changed = proto.toBuilder();
        changed.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder().setDim(axis, dimension(dimension));
        return new ValueInfo(changed.build());
    }

    private static TensorShapeProto.Dimension dimension(Dimension dimension) {
        var dim = TensorShapeProto.Dimension.newBuilder();
        if (dimension.isFixed()) {
            dim.setDimValue(dimension.size());
        } else if (!dimension.symbol().isEmpty()) {
            dim.setDimParam(dimension.symbol());
        }
        return dim.build();
    }

    ValueInfoProto proto() {
        return proto;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ValueInfo that && proto.equals(that.proto);
    }

    @Override
    public int hashCode() {
        return proto.hashCode();
    }

    @Override
    public String toString() {
        return name() + " "
                + (isTensor() ? type() + shape().map(Object::toString).orElse("[…]") : "no tensor");
    }
}
