package dev.millrace.engine.moment;

import dev.millrace.onnx.Node;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * How the kernel of a convolution, transposed or not, moves over its spatial axes; all as ONNX has it.
 *
 * @param kernel sizes of the spatial axes
 */
record Window(List<Long> kernel, List<Long> strides, List<Long> dilations, List<Long> pads, String autoPad) {
    static Window of(Node node, List<Long> kernel) {
        int axes = kernel.size();
        return new Window(
                kernel,
                numbers(node, "strides", axes, 1),
                numbers(node, "dilations", axes, 1),
                numbers(node, "pads", 2 * axes, 0),
                node.text("auto_pad", "NOTSET"));
    }

    static List<Long> numbers(Node node, String attribute, int count, long preset) {
        return node.has(attribute)
                ? Arrays.stream(node.ints(attribute)).boxed().toList()
                : Collections.nCopies(count, preset);
    }

    static long[] array(List<Long> numbers) {
        return numbers.stream().mapToLong(number -> number).toArray();
    }

    int axes() {
        return kernel.size();
    }

    /** Whether pads follow from the sizes. */
    boolean isSame() {
        return autoPad.startsWith("SAME");
    }

    /** How far the kernel reaches along a spatial axis, holes counted. */
    long reach(int axis) {
        return dilations.get(axis) * (kernel.get(axis) - 1) + 1;
    }

    long[] reaches() {
        var reaches = new long[axes()];
        Arrays.setAll(reaches, this::reach);
        return reaches;
    }

    /** Distances between elements of the kernel. */
    long[] holes() {
        return array(dilations);
    }
}
