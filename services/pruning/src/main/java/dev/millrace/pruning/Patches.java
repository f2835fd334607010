package dev.millrace.pruning;

import dev.millrace.engine.Value;
import dev.millrace.onnx.Node;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/** The patches under a convolution's kernel: for each position and group the channels, and for each the kernel. */
record Patches(String value, Node node, List<Long> kernel) implements Vectors {
    /** Sizes for one input: its spatial axes, and where the kernel stands. */
    private final class Walk {
        private final int spatial = kernel.size();
        private final int[] sizes = new int[spatial];
        private final int[] positions = new int[spatial];
        private final int[] begins = new int[spatial];
        private final long[] strides = node.ints("strides", ones());
        private final long[] dilations = node.ints("dilations", ones());
        private final int channels;
        private final int kernelSize =
                (int) kernel.stream().mapToLong(size -> size).reduce(1, Math::multiplyExact);

        Walk(Value input) {
            channels = (int) input.dim(1);
            var pads = node.ints("pads", new long[2 * spatial]);
            var auto = node.text("auto_pad", "NOTSET");
            for (int s = 0; s < spatial; s++) {
                sizes[s] = (int) input.dim(2 + s);
                long reach = dilations[s] * (kernel.get(s) - 1) + 1;
                long padding = pads[s] + pads[spatial + s];
                long begin = pads[s];
                if (auto.startsWith("SAME")) {
                    long wanted = (sizes[s] + strides[s] - 1) / strides[s];
                    padding = Math.max(0, (wanted - 1) * strides[s] + reach - sizes[s]);
                    begin = auto.equals("SAME_LOWER") ? (padding + 1) / 2 : padding / 2;
                } else if (auto.equals("VALID")) {
                    padding = 0;
                    begin = 0;
                }
                begins[s] = (int) begin;
                positions[s] = (int) Math.max(0, (sizes[s] + padding - reach) / strides[s] + 1);
            }
        }

        private long[] ones() {
            var ones = new long[spatial];
            Arrays.fill(ones, 1);
            return ones;
        }

        int count() {
            return Arrays.stream(positions).reduce(1, Math::multiplyExact);
        }

        /** Writes channels {@code [from, from + count)} under the kernel at a position. */
        void read(FloatBuffer floats, int sample, int position, int from, int count, float[] patch) {
            int area = Arrays.stream(sizes).reduce(1, Math::multiplyExact);
            for (int k = 0; k < kernelSize; k++) {
                int offset = offset(position, k);
                for (int c = 0; c < count; c++) {
                    patch[c * kernelSize + k] =
                            offset < 0 ? 0 : floats.get((sample * channels + from + c) * area + offset);
                }
            }
        }

        /** Place of a kernel element in a channel; −1 in the padding. */
        private int offset(int position, int element) {
            int offset = 0;
            int place = 1;
            for (int s = spatial - 1; s >= 0; s--) {
                int at = (int) (position % positions[s] * strides[s] + element % kernel.get(s) * dilations[s])
                        - begins[s];
                if (at < 0 || at >= sizes[s]) {
                    return -1;
                }
                offset += at * place;
                place *= sizes[s];
                position /= positions[s];
                element /= kernel.get(s).intValue();
            }
            return offset;
        }
    }

    @Override
    public long count(Value input) {
        return input.dim(0) * new Walk(input).count();
    }

    @Override
    public void add(Value input, Gram gram, int every) {
        var walk = new Walk(input);
        int groups = gram.groups();
        int channels = walk.channels / groups;
        int positions = walk.count();
        long count = input.dim(0) * positions;
        var floats = input.floats();
        var patch = new float[gram.columns()];
        for (int v = 0; v < count; v += every) {
            for (int group = 0; group < groups; group++) {
                walk.read(floats, v / positions, v % positions, group * channels, channels, patch);
                gram.add(group, patch);
            }
        }
    }
}
