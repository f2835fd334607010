package dev.millrace.engine.moment;

import dev.millrace.onnx.Node;
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
     */
    record Patches(String value, int groups, Window window) implements Vectors {
        /** Of a Conv whose weight has such a kernel. */
        public static Patches of(Node conv, List<Long> kernel) {
            return new Patches(conv.input(0), (int) conv.integer("group", 1), Window.of(conv, kernel));
        }

        Grid grid(long[] dims) {
            int spatial = window.axes();
            var padding = new long[2 * spatial];
            for (int s = 0; s < spatial; s++) {
                int at = Grid.before(s, spatial);
                if (window.isSame()) {
                    long stride = window.strides().get(s);
                    long size = dims[2 + s];
                    long whole = Math.max(0, ((size + stride - 1) / stride - 1) * stride + window.reach(s) - size);
                    long before = window.autoPad().equals("SAME_LOWER") ? (whole + 1) / 2 : whole / 2;
                    padding[at] = before;
                    padding[at + 1] = whole - before;
                } else if (!window.autoPad().equals("VALID")) {
                    padding[at] = window.pads().get(s);
                    padding[at + 1] = window.pads().get(spatial + s);
                }
            }
            var strides = Window.array(window.strides());
            return new Grid(new long[spatial], padding, window.reaches(), strides, window.holes(), false);
        }
    }

    /**
     * What a transposed convolution adds up at each position of its output, for each group: its channels, and for each the
     * kernel. An element of the kernel that meets no input at a position counts as zero.
     *
     * @param outputPadding as ONNX has it
     * @param outputShape sizes of the output, the spatial axes last; empty where they follow from the rest
     */
    record Spread(String value, int groups, Window window, List<Long> outputPadding, List<Long> outputShape)
            implements Vectors {
        /** Of a ConvTranspose whose weight has such a kernel. */
        public static Spread of(Node node, List<Long> kernel) {
            return new Spread(
                    node.input(0),
                    (int) node.integer("group", 1),
                    Window.of(node, kernel),
                    Window.numbers(node, "output_padding", kernel.size(), 0),
                    Window.numbers(node, "output_shape", 0, 0));
        }

        /** A convolution of the input with zeros between its positions, the kernel turned around. */
        Grid grid(long[] dims) {
            int spatial = window.axes();
            var apart = new long[spatial];
            var padding = new long[2 * spatial];
            var ones = new long[spatial];
            for (int s = 0; s < spatial; s++) {
                long size = dims[2 + s];
                long stride = window.strides().get(s);
                long full = (size - 1) * stride + outputPadding.get(s) + window.reach(s);
                long cutBefore = window.pads().get(s);
                long cutBehind = window.pads().get(spatial + s);
                if (!outputShape.isEmpty() || window.isSame()) {
                    long wanted =
                            outputShape.isEmpty() ? size * stride : outputShape.get(outputShape.size() - spatial + s);
                    long less = Math.floorDiv(full - wanted, 2);
                    cutBefore = window.autoPad().equals("SAME_UPPER") ? less : full - wanted - less;
                    cutBehind = full - wanted - cutBefore;
                }
                int at = Grid.before(s, spatial);
                apart[s] = stride - 1;
                padding[at] = window.reach(s) - 1 - cutBefore;
                padding[at + 1] = full - cutBehind - size * stride;
                ones[s] = 1;
            }
            return new Grid(apart, padding, window.reaches(), ones, window.holes(), true);
        }
    }
}
