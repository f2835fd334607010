package dev.millrace.onnx.channel;

import java.util.Arrays;
import java.util.List;

/** Operators that pick, join and move elements. */
final class LayoutTies {
    private LayoutTies() {}

    /** Axes that keep their size are untouched, unless a step turns them round. */
    static void slice(NodeAxes n) {
        var steps = n.has(4) ? n.seen().integers().get(n.node().input(4)) : new long[0];
        if (steps != null && Arrays.stream(steps).allMatch(step -> step > 0)) {
            n.same(0, 0);
        }
    }

    static void expand(NodeAxes n) {
        for (int axis = 0; axis < n.outDims(0).length; axis++) {
            int from = axis - n.outDims(0).length + n.inDims(0).length;
            var out = List.of(n.out(0, axis));
            if (from >= 0 && Stretch.follows(n.graph(), n.node(), n.seen(), out)) {
                n.tie(n.in(0, from), n.out(0, axis));
            }
        }
    }

    static void transpose(NodeAxes n) {
        int rank = n.inDims(0).length;
        var reversed = new long[rank];
        Arrays.setAll(reversed, axis -> rank - 1 - axis);
        var perm = n.node().ints("perm", reversed);
        for (int axis = 0; axis < perm.length; axis++) {
            n.tie(n.in(0, (int) perm[axis]), n.out(0, axis));
        }
    }

    static void concat(NodeAxes n) {
        int joined = Math.floorMod((int) n.node().integer("axis", 1), n.outDims(0).length);
        int offset = 0;
        for (int input = 0; input < n.node().inputs().size(); input++) {
            for (int axis = 0; axis < n.outDims(0).length; axis++) {
                if (axis != joined) {
                    n.tie(n.in(input, axis), n.out(0, axis));
                }
            }
            int extent = (int) n.inDims(input)[joined];
            n.tie(n.in(input, joined), n.out(0, joined), offset, extent, 1);
            offset += extent;
        }
    }

    static void split(NodeAxes n) {
        int parted = Math.floorMod((int) n.node().integer("axis", 0), n.inDims(0).length);
        int offset = 0;
        for (int output = 0; output < n.node().outputs().size(); output++) {
            for (int axis = 0; axis < n.inDims(0).length; axis++) {
                if (axis != parted) {
                    n.tie(n.in(0, axis), n.out(output, axis));
                }
            }
            int extent = (int) n.outDims(output)[parted];
            n.tie(n.out(output, parted), n.in(0, parted), offset, extent, 1);
            offset += extent;
        }
    }

    /** Rows are looked up; the other axes of the table go through. */
    static void gather(NodeAxes n) {
        int rows = Math.floorMod((int) n.node().integer("axis", 0), n.inDims(0).length);
        int indices = n.inDims(1).length;
        for (int axis = 0; axis < n.inDims(0).length; axis++) {
            if (axis != rows) {
                n.tie(n.in(0, axis), n.out(0, axis < rows ? axis : axis + indices - 1));
            }
        }
        for (int axis = 0; axis < indices; axis++) {
            n.tie(n.in(1, axis), n.out(0, rows + axis));
        }
    }

    static void shape(NodeAxes n) {
        for (int axis = 0; axis < n.inDims(0).length; axis++) {
            n.free(n.in(0, axis));
        }
    }
}
