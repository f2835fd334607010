package dev.millrace.onnx;

import java.util.Optional;

/** Constant nodes as tensors. */
final class Constants {
    private static final String[] VALUES = {
        "value",
        "value_float",
        "value_floats",
        "value_int",
        "value_ints",
        "value_string",
        "value_strings",
        "sparse_value"
    };

    private Constants() {}

    /**
     * The tensor that a Constant node makes, named as its output.
     *
     * @return empty for other nodes, and for strings given as attributes
     */
    static Optional<Tensor> of(Node node) {
        if (!node.is("Constant")) {
            return Optional.empty();
        }
        var name = node.output();
        if (node.has("value")) {
            return node.tensor("value").map(value -> value.withName(name));
        }
        if (node.has("value_float")) {
            return Optional.of(Tensor.floats(name, new float[] {node.real("value_float", 0)}));
        }
        if (node.has("value_int")) {
            return Optional.of(Tensor.longs(name, new long[] {node.integer("value_int", 0)}));
        }
        if (node.has("value_floats")) {
            var values = node.reals("value_floats");
            return Optional.of(Tensor.floats(name, values, values.length));
        }
        if (node.has("value_ints")) {
            var values = node.ints("value_ints");
            return Optional.of(Tensor.longs(name, values, values.length));
        }
        return node.attribute("sparse_value")
                .flatMap(Attribute::sparseTensor)
                .map(sparse -> sparse.dense().withName(name));
    }

    /** The node with another tensor as its value. */
    static Node node(Node node, Tensor value) {
        return node.without(VALUES).with(Attribute.of("value", value));
    }
}
