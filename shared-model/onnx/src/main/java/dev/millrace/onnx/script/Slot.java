package dev.millrace.onnx.script;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Tensor;

/**
 * A tensor of the graph that is an attribute of the compiled module.
 *
 * @param name in the script: {@code p3}, {@code c5}
 * @param graph the graph that has the tensor, as initializer or Constant node
 * @param tensor as it is in the graph
 * @param type that it is computed in
 * @param trained whether it is a parameter; otherwise it is a buffer
 * @param channelsLast whether a 4-D tensor is stored with its second axis last, which convolutions are fastest with
 */
public record Slot(String name, Graph graph, Tensor tensor, TorchType type, boolean trained, boolean channelsLast) {}
