package dev.millrace.onnx.channel;

/** Attention as one operator: heads go whole, with all that makes and reads them. */
final class AttentionTies {
    private AttentionTies() {}

    /** The operator of either domain. */
    static void attention(NodeAxes n) {
        if (n.node().domain().isEmpty()) {
            standard(n);
        } else {
            packed(n);
        }
    }

    /**
     * Q {@code (B, Hq, S, D)} or {@code (B, S, Hq·D)}, K and V with {@code Hk} heads, each read by {@code Hq / Hk} of the
     * others, Y as Q with V's size of a head. With a cache of keys and values nothing may go.
     */
    private static void standard(NodeAxes n) {
        if (n.has(4) || n.has(5)) {
            return;
        }
        boolean apart = n.inDims(0).length == 4;
        int heads = (int) (apart ? n.inDims(1)[1] : n.node().integer("kv_num_heads", 0));
        if (heads == 0) {
            return;
        }
        int axis = apart ? 1 : 2;
        int[] sizes = new int[4];
        for (int operand = 0; operand < 4; operand++) {
            sizes[operand] = (int) ((operand < 3 ? n.inDims(operand) : n.outDims(0))[axis] / heads);
        }
        for (int h = 0; h < heads; h++) {
            for (int operand = 0; operand < 3; operand++) {
                n.join(n.in(operand, axis), h * sizes[operand], sizes[operand], n.out(0, axis), h * sizes[3], sizes[3]);
            }
        }
        positions(n, apart ? 2 : 1);
        if (n.has(3)) {
            mask(n, axis);
        }
    }

    private static void positions(NodeAxes n, int axis) {
        n.tie(n.in(0, 0), n.out(0, 0));
        n.tie(n.in(0, axis), n.out(0, axis));
        n.tie(n.in(1, axis), n.in(2, axis));
    }

    /** A mask {@code (…, Hq, S, T)} of its own for each head. */
    private static void mask(NodeAxes n, int axis) {
        int rank = n.inDims(3).length;
        if (rank > 2 && n.inDims(3)[rank - 3] > 1) {
            int extent = (int) n.outDims(0)[axis];
            n.tie(n.in(3, rank - 3), n.out(0, axis), 0, extent, extent / (int) n.inDims(3)[rank - 3]);
        }
    }

    /** X {@code (B, S, C)}, W {@code (C, 3·H·D)} and B {@code (3·H·D)} for queries, keys and values, Y {@code (B, S, H·D)}. */
    private static void packed(NodeAxes n) {
        boolean plain = !n.has(4) && !n.has(5) && !n.node().has("qkv_hidden_sizes");
        if (!plain || n.node().outputs().size() > 1) {
            return;
        }
        n.tie(n.in(0, 0), n.out(0, 0));
        n.tie(n.in(0, 1), n.out(0, 1));
        n.tie(n.in(0, 2), n.in(1, 0));
        int width = (int) n.outDims(0)[2];
        for (int parameter = 1; parameter <= 2; parameter++) {
            if (n.has(parameter)) {
                n.tie(n.out(0, 2), n.in(parameter, 2 - parameter), 0, 3 * width, 1);
            }
        }
        int size = width / (int) n.node().integer("num_heads", 1);
        for (int first = 0; first < width; first += size) {
            n.join(n.out(0, 2), first, size, n.out(0, 2), first, size);
        }
    }
}
