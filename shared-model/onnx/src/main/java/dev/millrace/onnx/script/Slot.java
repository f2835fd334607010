package dev.millrace.onnx.script;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Tensor;

/**
 * A tensor of the graph that is an attribute of the compiled module.
 *
 * @param name in the script: {@code p3}, {@code c5}
 * @param graph the graph that has the tensor, as initializer or Constant node
 * @param tensor as it is in the graph
 * @param initial what the attribute starts as: the tensor itself, or the numbers that an integer weight stands for
 * @param stored TorchScript for what is written back into the graph
 * @param type that it is computed in
 * @param role what training does with it
 * @param channelsLast whether a 4-D tensor is stored with its second axis last, which convolutions are fastest with
 */
public record Slot(
        String name,
        Graph graph,
        Tensor tensor,
        Tensor initial,
        String stored,
        TorchType type,
        Role role,
        boolean channelsLast) {
    /** What training does with a tensor. */
    public enum Role {
        /** Changes it by gradient. */
        WEIGHT,
        /** Replaces it by what was measured on the data: mean and variance of a BatchNormalization. */
        STATISTIC,
        /** Leaves it. */
        CONSTANT
    }

    /** Whether it is a parameter of the module; otherwise it is a buffer. */
    public boolean trained() {
        return role == Role.WEIGHT;
    }
}
