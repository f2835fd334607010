package dev.millrace.training;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.ValueInfo;
import java.util.List;

/**
 * An output that can be trained, and the value before its Softmax or Sigmoid.
 *
 * @param output name of the output
 * @param value what losses read: logits where the output is probabilities, else the output itself
 * @param kind what the output is made by
 */
public record Head(String output, String value, Kind kind) {
    /** What is known of an output from the operator that makes it. */
    public enum Kind {
        /** Softmax or LogSoftmax over classes on axis 1: the value is logits. */
        SOFTMAX,
        /** Sigmoid: the value is logits of yes or no. */
        SIGMOID,
        /** Anything else: logits, an embedding, a number. */
        PLAIN
    }

    /**
     * The outputs of floating-point type, in order.
     *
     * @throws RefusedException {@code NOTHING_TO_TRAIN} if there is none
     */
    public static List<Head> of(Model model) {
        var graph = model.graph();
        var heads = graph.outputs().stream()
                .filter(output ->
                        output.isTensor() && (output.type().isFloatingPoint() || output.type() == DataType.UNDEFINED))
                .map(output -> head(graph, output, model.opset()))
                .toList();
        if (heads.isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_TRAIN",
                    "outputs of the model",
                    graph.outputs().stream().map(ValueInfo::name).toList().toString(),
                    "at least one of floating-point type");
        }
        return heads;
    }

    private static Head head(Graph graph, ValueInfo output, long opset) {
        var maker = graph.producer(output.name());
        while (maker.isPresent() && maker.get().is("Identity")) {
            maker = graph.producer(maker.get().input(0));
        }
        if (maker.filter(node -> node.is("Softmax") && overClasses(node, output, opset))
                .isPresent()) {
            return new Head(output.name(), maker.get().input(0), Kind.SOFTMAX);
        }
        if (maker.filter(node -> node.is("LogSoftmax") && overClasses(node, output, opset))
                .isPresent()) {
            return new Head(output.name(), output.name(), Kind.SOFTMAX);
        }
        if (maker.filter(node -> node.is("Sigmoid")).isPresent()) {
            return new Head(output.name(), maker.get().input(0), Kind.SIGMOID);
        }
        return new Head(output.name(), output.name(), Kind.PLAIN);
    }

    /** Whether the axis is 1, where losses look for classes. */
    private static boolean overClasses(Node softmax, ValueInfo output, long opset) {
        long axis = softmax.integer("axis", opset < 13 ? 1 : -1);
        int rank = output.shape().map(List<Dimension>::size).orElse(2);
        return (axis < 0 ? axis + rank : axis) == 1;
    }
}
