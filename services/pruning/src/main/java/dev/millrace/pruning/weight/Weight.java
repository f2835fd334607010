package dev.millrace.pruning.weight;

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
public record Weight(Graph graph, Tensor tensor, List<Use> uses) {
    /**
     * One layer that reads the weight.
     *
     * @param graph where the layer is
     * @param input number of the layer's input that is the weight
     * @param summedAxes axes of the stored tensor along which the layer sums, input channels first
     */
    public record Use(Graph graph, Node node, int input, List<Integer> summedAxes) {
        /** Axis of the stored tensor that the input channels are on. */
        public int inputAxis() {
            return summedAxes.get(0);
        }
    }

    public String name() {
        return tensor.name();
    }

    public long elements() {
        return tensor.elements();
    }
}
