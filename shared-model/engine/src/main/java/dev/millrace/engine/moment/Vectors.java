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

        private static List<Long> numbers(Node conv, String attribute, int count, long preset) {
            return conv.has(attribute)
                    ? Arrays.stream(conv.ints(attribute)).boxed().toList()
                    : Collections.nCopies(count, preset);
        }

        /**
         * Zeros around an input, as libtorch wants them: before and after the last axis, then the one before it.
         *
         * @param dims of the input {@code (N, channels, spatial…)}
         */
        long[] padding(long[] dims) {
            int spatial = kernel.size();
            var padding = new long[2 * spatial];
            for (int s = 0; s < spatial; s++) {
                int at = 2 * (spatial - 1 - s);
                if (autoPad.startsWith("SAME")) {
                    long stride = strides.get(s);
                    long size = dims[2 + s];
                    long whole = Math.max(0, ((size + stride - 1) / stride - 1) * stride + reach(s) - size);
                    long before = autoPad.equals("SAME_LOWER") ? (whole + 1) / 2 : whole / 2;
                    padding[at] = before;
                    padding[at + 1] = whole - before;
                } else if (!autoPad.equals("VALID")) {
                    padding[at] = pads.get(s);
                    padding[at + 1] = pads.get(spatial + s);
                }
            }
            return padding;
        }

        private long reach(int s) {
            return dilations.get(s) * (kernel.get(s) - 1) + 1;
        }

        /** How far a kernel reaches along each axis, holes counted. */
        long[] reaches() {
            var reaches = new long[kernel.size()];
            Arrays.setAll(reaches, this::reach);
            return reaches;
        }

        static long[] array(List<Long> numbers) {
            return numbers.stream().mapToLong(number -> number).toArray();
        }
    }
}
