package dev.millrace.onnx.gate;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.Arrays;
import java.util.Optional;

/** One node under inspection, with words for what rules ask. */
record NodeCheck(Graph graph, Node node, Limits limits) {
    /** The small constant that an input is; data of larger tensors is not looked at. */
    private static final long SMALL_BYTES = 1 << 26;

    Optional<Tensor> constant(int input) {
        return node.hasInput(input) ? graph.constant(node.input(input)) : Optional.empty();
    }

    /** Values of an integer constant input, a shape or a count. */
    Optional<long[]> integers(int input) {
        return constant(input)
                .filter(tensor -> tensor.type().isInteger() && tensor.sizeBytes() <= SMALL_BYTES)
                .map(Tensor::longs);
    }

    void require(boolean holds, String code, String found, String allowed) {
        if (!holds) {
            throw new RefusedException(code, node.toString(), found, allowed);
        }
    }

    /** Whether the node itself gives the attribute a value; inside a function it may be taken from the call. */
    boolean isSet(String attribute) {
        return node.attribute(attribute)
                .map(value -> value.reference().isEmpty())
                .orElse(false);
    }

    /** An integer attribute, if present, lies in a range. */
    void range(String attribute, long least, long most) {
        if (isSet(attribute)) {
            long value = node.integer(attribute, 0);
            require(value >= least && value <= most, "ATTRIBUTE_RANGE", attribute + "=" + value, least + " to " + most);
        }
    }

    /** Every number of an integer-list attribute lies in a range. */
    void ranges(String attribute, long least, long most) {
        for (var value : node.ints(attribute)) {
            require(
                    value >= least && value <= most,
                    "ATTRIBUTE_RANGE",
                    attribute + "=" + Arrays.toString(node.ints(attribute)),
                    least + " to " + most);
        }
    }

    /** Two constants agree in length, if both are known. */
    void sameLength(int input, long length, String what) {
        constant(input)
                .ifPresent(tensor -> require(
                        tensor.rank() <= 1 && tensor.elements() == length,
                        "PARAMETER_LENGTH",
                        what + " of shape " + Arrays.toString(tensor.dims()),
                        "(" + length + ")"));
    }

    /** Elements made from constant dimensions stay below the limit. */
    void size(long[] dims, String what) {
        long bytes = 1;
        for (var dim : dims) {
            bytes = dim <= 0 ? bytes : saturatedProduct(bytes, dim);
        }
        require(
                bytes <= limits.valueBytes(),
                "VALUE_TOO_LARGE",
                what + " " + Arrays.toString(dims),
                "at most " + limits.valueBytes() + " elements");
    }

    static long saturatedProduct(long a, long b) {
        long high = Math.multiplyHigh(a, b);
        long low = a * b;
        return high != 0 || low < 0 ? Long.MAX_VALUE : low;
    }
}
