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
     * @param graph where the layer is
     * @param input number of the layer's input that is the weight
     * @param summedAxes axes of the stored tensor along which the layer sums, input channels first
     */
    record Use(Graph graph, Node node, int input, List<Integer> summedAxes) {
        /** Axis of the stored tensor that the input channels are on. */
        int inputAxis() {
            return summedAxes.get(0);
        }
    }

    /** Reads elements in ascending order, a piece at a time. */
    static final class Cursor {
        private final Weight weight;
        private float[] piece = {};
        private long first;

        Cursor(Weight weight) {
            this.weight = weight;
        }

        float at(long index) {
            if (index < first || index >= first + piece.length) {
                first = index;
                piece = weight.tensor.floats(first, (int) Math.min(PIECE, weight.elements() - first));
            }
            return piece[(int) (index - first)];
        }
    }

    String name() {
        return tensor.name();
    }

    long elements() {
        return tensor.elements();
    }

    /** Number of elements that are zero. */
    static long zeros(Tensor tensor) {
        long zeros = 0;
        long elements = tensor.elements();
        for (long first = 0; first < elements; first += PIECE) {
            for (float value : tensor.floats(first, (int) Math.min(PIECE, elements - first))) {
                zeros += value == 0 ? 1 : 0;
            }
        }
        return zeros;
    }
}
