package dev.millrace.onnx.channel;

/** Operators on images and signals {@code (N, C, …)}. */
final class ImageTies {
    private ImageTies() {}

    /** X {@code (N, C, …)}, W {@code (M, C/g, …)}, B {@code (M)}; in grouped ones whole groups go. */
    static void convolution(NodeAxes n) {
        n.tie(n.in(0, 0), n.out(0, 0));
        int group = (int) n.node().integer("group", 1);
        if (group == 1) {
            n.tie(n.in(0, 1), n.in(1, 1));
            n.tie(n.in(1, 0), n.out(0, 1));
        } else {
            whole(n, group, n.in(1, 0));
        }
        if (n.has(2)) {
            n.tie(n.in(2, 0), n.out(0, 1));
        }
        if (n.has(3)) {
            n.same(3, 0);
        }
    }

    /** W {@code (C, M/g, …)}. */
    static void transposedConvolution(NodeAxes n) {
        n.tie(n.in(0, 0), n.out(0, 0));
        n.tie(n.in(0, 1), n.in(1, 0));
        int group = (int) n.node().integer("group", 1);
        if (group == 1) {
            n.tie(n.in(1, 1), n.out(0, 1));
        } else {
            whole(n, group, n.out(0, 1));
        }
        if (n.has(2)) {
            n.tie(n.in(2, 0), n.out(0, 1));
        }
    }

    /** All channels of a group of a convolution go together, in and out. */
    private static void whole(NodeAxes n, int group, Axis made) {
        int in = (int) n.inDims(0)[1];
        int out = (int) n.outDims(0)[1];
        n.tie(made, n.out(0, 1));
        for (int g = 0; g < group; g++) {
            n.join(n.in(0, 1), g * (in / group), in / group, n.out(0, 1), g * (out / group), out / group);
        }
    }

    static void pool(NodeAxes n) {
        if (n.node().output(1).isEmpty()) { // indices count through all channels
            n.tie(n.in(0, 0), n.out(0, 0));
            n.tie(n.in(0, 1), n.out(0, 1));
        }
    }

    static void channelNorm(NodeAxes n) {
        n.same(0, 0);
        for (int parameter = 1; parameter < n.node().inputs().size(); parameter++) {
            n.tie(n.in(parameter, 0), n.out(0, 1));
        }
    }

    /** X {@code (N, C, …)}; channels that share their statistics go together, scale and bias are one a group or one a channel. */
    static void groupNorm(NodeAxes n) {
        n.tie(n.in(0, 0), n.out(0, 0));
        n.tie(n.in(0, 1), n.out(0, 1));
        int channels = (int) n.outDims(0)[1];
        int groups = (int) n.node().integer("num_groups", 1);
        int size = channels / groups;
        for (int g = 0; g < groups; g++) {
            n.join(n.in(0, 1), g * size, size, n.out(0, 1), g * size, size);
        }
        for (int parameter = 1; parameter <= 2; parameter++) {
            int repeat = channels / (int) n.inDims(parameter)[0];
            n.tie(n.in(parameter, 0), n.out(0, 1), 0, channels, repeat);
        }
    }

    /** X {@code (N, b·b·C, H, W)}, Y {@code (N, C, b·H, b·W)}. */
    static void depthToSpace(NodeAxes n) {
        n.tie(n.in(0, 0), n.out(0, 0));
        int depth = (int) n.inDims(0)[1];
        boolean channelsFirst = n.node().text("mode", "DCR").equals("CRD");
        int repeat = channelsFirst ? depth / (int) n.outDims(0)[1] : 1;
        n.tie(n.out(0, 1), n.in(0, 1), 0, depth, repeat);
    }

    /** X {@code (N, C, b·H, b·W)}, Y {@code (N, b·b·C, H, W)}. */
    static void spaceToDepth(NodeAxes n) {
        n.tie(n.in(0, 0), n.out(0, 0));
        n.tie(n.in(0, 1), n.out(0, 1), 0, (int) n.outDims(0)[1], 1);
    }
}
