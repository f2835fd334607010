package dev.millrace.engine.moment;

import dev.millrace.onnx.Node;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Where in a value the vectors lie. Equal ones find the same vectors. */
public sealed interface Vectors {
    /** Name of the value that they are in. */
    String value();

    /** Vectors at each position, apart from each other. */
    int groups();

    /**
     * All along one axis.
     *
     * @param axis counted from the end where negative
     */
    record Along(String value, int axis) implements Vectors {
        @Override
        public int groups() {
            return 1;
        }

        int axisOf(int rank) {
            return axis < 0 ? axis + rank : axis;
        }
    }

    /**
     * The patches under a convolution's kernel, for each position and group: its channels, and for each the kernel. Padding
     * counts as zeros.
     *
     * @param kernel sizes of the spatial axes; strides, dilations and pads as ONNX has them
     */
    record Patches(
            String value,
            int groups,
            List<Long> kernel,
            List<Long> strides,
            List<Long> dilations,
            List<Long> pads,
            String autoPad)
            implements Vectors {
        /** Of a Conv whose weight has such a kernel. */
        public static Patches of(Node conv, List<Long> kernel) {
            int spatial = kernel.size();
            return new Patches(
                    conv.input(0),
                    (int) conv.integer("group", 1),
                    kernel,
                    numbers(conv, "strides", spatial, 1),
                    numbers(conv, "dilations", spatial, 1),
                    numbers(conv, "pads", 2 * spatial, 0),
                    conv.text("auto_pad", "NOTSET"));
        }

        Grid grid(long[] dims) {
            var padding = new long[2 * kernel.size()];
            for (int s = 0; s < kernel.size(); s++) {
                long reach = reach(kernel, dilations, s);
                int at = Grid.before(s, kernel.size());
                if (autoPad.startsWith("SAME")) {
                    long stride = strides.get(s);
                    long size = dims[2 + s];
                    long whole = Math.max(0, ((size + stride - 1) / stride - 1) * stride + reach - size);
                    long before = autoPad.equals("SAME_LOWER") ? (whole + 1) / 2 : whole / 2;
                    padding[at] = before;
                    padding[at + 1] = whole - before;
                } else if (!autoPad.equals("VALID")) {
                    padding[at] = pads.get(s);
                    padding[at + 1] = pads.get(kernel.size() + s);
                }
            }
            var apart = new long[kernel.size()];
            return new Grid(apart, padding, reaches(kernel, dilations), array(strides), array(dilations), false);
        }
    }

    /**
     * What a transposed convolution adds up at each position of its output, for each group: its channels, and for each the
     * kernel. An element of the kernel that meets no input at a position counts as zero.
     *
     * @param kernel sizes of the spatial axes; the rest as ONNX has it
     * @param outputShape sizes of the output, the spatial axes last; empty where they follow from the rest
     */
    record Spread(
            String value,
            int groups,
            List<Long> kernel,
            List<Long> strides,
            List<Long> dilations,
            List<Long> pads,
            List<Long> outputPadding,
            List<Long> outputShape,
            String autoPad)
            implements Vectors {
        /** Of a ConvTranspose whose weight has such a kernel. */
        public static Spread of(Node node, List<Long> kernel) {
            int spatial = kernel.size();
            return new Spread(
                    node.input(0),
                    (int) node.integer("group", 1),
                    kernel,
                    numbers(node, "strides", spatial, 1),
                    numbers(node, "dilations", spatial, 1),
                    numbers(node, "pads", 2 * spatial, 0),
                    numbers(node, "output_padding", spatial, 0),
                    numbers(node, "output_shape", 0, 0),
                    node.text("auto_pad", "NOTSET"));
        }

        /** A convolution of the input with zeros between its positions, the kernel turned around. */
        Grid grid(long[] dims) {
            int spatial = kernel.size();
            var apart = new long[spatial];
            var padding = new long[2 * spatial];
            var ones = new long[spatial];
            for (int s = 0; s < spatial; s++) {
                long size = dims[2 + s];
                long reach = reach(kernel, dilations, s);
                long full = (size - 1) * strides.get(s) + outputPadding.get(s) + reach;
                long cutBefore = pads.get(s);
                long cutBehind = pads.get(spatial + s);
                if (!outputShape.isEmpty() || autoPad.startsWith("SAME")) {
                    long wanted = outputShape.isEmpty()
                            ? size * strides.get(s)
                            : outputShape.get(outputShape.size() - spatial + s);
                    long less = Math.floorDiv(full - wanted, 2);
                    cutBefore = autoPad.equals("SAME_UPPER") ? less : full - wanted - less;
                    cutBehind = full - wanted - cutBefore;
                }
                int at = Grid.before(s, spatial);
                apart[s] = strides.get(s) - 1;
                padding[at] = reach - 1 - cutBefore;
                padding[at + 1] = full - cutBehind - size * strides.get(s);
                ones[s] = 1;
            }
            return new Grid(apart, padding, reaches(kernel, dilations), ones, array(dilations), true);
        }
    }

    private static List<Long> numbers(Node node, String attribute, int count, long preset) {
        return node.has(attribute)
                ? Arrays.stream(node.ints(attribute)).boxed().toList()
                : Collections.nCopies(count, preset);
    }

    private static long reach(List<Long> kernel, List<Long> dilations, int s) {
        return dilations.get(s) * (kernel.get(s) - 1) + 1;
    }

    private static long[] reaches(List<Long> kernel, List<Long> dilations) {
        var reaches = new long[kernel.size()];
        Arrays.setAll(reaches, s -> reach(kernel, dilations, s));
        return reaches;
    }

    private static long[] array(List<Long> numbers) {
        return numbers.stream().mapToLong(number -> number).toArray();
    }
}
