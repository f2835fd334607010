package dev.millrace.quantization;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.Optional;
import java.util.Set;

/**
 * A node with a constant weight that can be computed in 8-bit integers.
 *
 * @param node Conv, ConvTranspose, Gemm or MatMul
 * @param weight the constant; where a MatMul reads it through a Transpose, what the Transpose reads
 * @param channelAxis axis of {@code weight} with the output channels; −1 if there is no such axis
 * @param transposed whether the weight is read through a Transpose node
 */
record Layer(Node node, Tensor weight, int channelAxis, boolean transposed) {
    static final Set<String> TYPES = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

    static Optional<Layer> of(Graph graph, Node node) {
        if (!node.domain().isEmpty() || !TYPES.contains(node.opType())) {
            return Optional.empty();
        }
        var direct = graph.constant(node.input(1)).filter(Layer::isWeight);
        if (direct.isPresent()) {
            return Optional.of(new Layer(node, direct.get(), channelAxis(node, direct.get()), false));
        }
        return node.is("MatMul") ? transposed(graph, node) : Optional.empty();
    }

    /** An output head that shares the table of the embedding: {@code MatMul(x, Transpose(table))}. */
    private static Optional<Layer> transposed(Graph graph, Node node) {
        return graph.producer(node.input(1))
                .filter(producer -> producer.is("Transpose"))
                .flatMap(transpose -> graph.constant(transpose.input(0)))
                .filter(tensor -> isWeight(tensor) && tensor.rank() == 2)
                .map(tensor -> new Layer(node, tensor, 0, true));
    }

    static boolean isWeight(Tensor tensor) {
        return tensor.type().isFloatingPoint() && tensor.rank() >= 2 && tensor.elements() > 1;
    }

    private static int channelAxis(Node node, Tensor weight) {
        return switch (node.opType()) {
            case "Conv" -> 0;
            case "ConvTranspose" -> node.integer("group", 1) == 1 ? 1 : -1;
            case "Gemm" -> node.integer("transB", 0) == 0 ? 1 : 0;
            default -> weight.rank() == 2 ? 1 : -1;
        };
    }

    /** Why ONNX Runtime has no integer kernel for this node; empty if it has one. */
    String obstacle(Graph graph) {
        boolean biased = node.hasInput(2);
        if (biased && graph.constant(node.input(2)).isEmpty()) {
            return "its bias is computed";
        }
        if (weight.type() != DataType.FLOAT) {
            return "its weight is " + weight.type();
        }
        if (!is("Gemm")) {
            return "";
        }
        boolean plain = node.real("alpha", 1) == 1 && node.real("beta", 1) == 1 && node.integer("transA", 0) == 0;
        boolean fits = !biased || graph.constant(node.input(2)).orElseThrow().elements() == channels();
        return plain && fits ? "" : "its alpha, beta, transA or bias is not the usual one";
    }

    /** The tensor that is multiplied with the weight. */
    String input() {
        return node.input(0);
    }

    boolean is(String opType) {
        return node.is(opType);
    }

    /** The node's name, or its output where it has none. */
    String name() {
        return node.name().isEmpty() ? node.output() : node.name();
    }

    /** Number of output channels, 1 where there is no axis for them. */
    int channels() {
        return channelAxis < 0 ? 1 : (int) weight.dim(channelAxis);
    }
}
