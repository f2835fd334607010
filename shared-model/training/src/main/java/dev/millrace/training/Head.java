package dev.millrace.training;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
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
        /** Softmax or LogSoftmax over the last of three axes, as sequences have it: the value is logits at every step. */
        SEQUENCE,
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
        if (maker.filter(node -> node.is("Softmax") || node.is("LogSoftmax")).isPresent()) {
            var softmax = maker.get();
            int rank = output.shape().map(List<Dimension>::size).orElse(2);
            long axis = softmax.integer("axis", opset < 13 ? 1 : -1);
            long place = axis < 0 ? axis + rank : axis; // losses look for classes on axis 1
            var value = softmax.is("Softmax") ? softmax.input(0) : output.name();
            if (place == 1 || (place == 2 && rank == 3)) {
                return new Head(output.name(), value, place == 1 ? Kind.SOFTMAX : Kind.SEQUENCE);
            }
        }
        if (maker.filter(node -> node.is("Sigmoid")).isPresent()) {
            return new Head(output.name(), maker.get().input(0), Kind.SIGMOID);
        }
        return new Head(output.name(), output.name(), Kind.PLAIN);
    }
}
