package dev.millrace.training;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;

/**
 * An output that can be trained, and the value before its Softmax or Sigmoid.
 *
 * @param output name of the output
 * @param value what losses read: logits where the output is probabilities, else the output itself
 * @param kind what the output is made by
 * @param follows whether it is computed from other outputs and nothing else that is fed, as a pooled embedding is from those of
 *     the tokens
 */
public record Head(String output, String value, Kind kind, boolean follows) {
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
        boolean follows = follows(graph, output.name());
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
                return new Head(output.name(), value, place == 1 ? Kind.SOFTMAX : Kind.SEQUENCE, follows);
            }
        }
        if (maker.filter(node -> node.is("Sigmoid")).isPresent()) {
            return new Head(output.name(), maker.get().input(0), Kind.SIGMOID, follows);
        }
        return new Head(output.name(), output.name(), Kind.PLAIN, follows);
    }

    /** Goes back from an output as far as to other outputs, to constants, or to what is fed. */
    private static boolean follows(Graph graph, String output) {
        var open = new ArrayDeque<>(List.of(output));
        var seen = new HashSet<String>();
        boolean others = false;
        while (!open.isEmpty()) {
            var value = open.pop();
            if (!value.equals(output) && graph.isOutput(value)) {
                others = true;
            } else if (seen.add(value)) {
                if (graph.inputs().stream().anyMatch(input -> input.name().equals(value))
                        && graph.initializer(value).isEmpty()) {
                    return false;
                }
                graph.producer(value).ifPresent(node -> open.addAll(node.inputs()));
            }
        }
        return others;
    }
}
