package dev.millrace.pruning;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.List;

/**
 * A constant that layers multiply with.
 *
 * @param graph where it is defined
 * @param uses the layers; more than one if the weight is shared
 */
record Weight(Graph graph, Tensor tensor, List<Use> uses) {
    private static final int PIECE = 1 << 18;

    /**
     * One layer that reads the weight.
     *
     * @param inputAxis axis of the stored tensor along which the layer sums
     */
    record Use(Node node, int inputAxis) {}

    /** Receives weights in row-major order. */
    interface Visitor {
        void visit(long index, float weight);
    }

    String name() {
        return tensor.name();
    }

    long elements() {
        return tensor.elements();
    }

    /** Reads the tensor once, a piece at a time. */
    void visit(Visitor visitor) {
        long elements = elements();
        for (long first = 0; first < elements; first += PIECE) {
            var piece = tensor.floats(first, (int) Math.min(PIECE, elements - first));
            for (int i = 0; i < piece.length; i++) {
                visitor.visit(first + i, piece[i]);
            }
        }
    }

    long zeros() {
        var zeros = new long[1];
        visit((index, weight) -> {
            if (weight == 0) {
                zeros[0]++;
            }
        });
        return zeros[0];
    }
}
