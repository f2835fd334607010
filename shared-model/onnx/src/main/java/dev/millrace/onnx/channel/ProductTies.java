package dev.millrace.onnx.channel;

import java.util.HashMap;
import java.util.Map;

/** Operators that multiply matrices. */
final class ProductTies {
    private ProductTies() {}

    static void gemm(NodeAxes n) {
        int a = n.node().integer("transA", 0) == 0 ? 1 : 0;
        int b = n.node().integer("transB", 0) == 0 ? 0 : 1;
        n.tie(n.in(0, 1 - a), n.out(0, 0));
        n.tie(n.in(0, a), n.in(1, b));
        n.tie(n.in(1, 1 - b), n.out(0, 1));
        if (n.has(2)) {
            n.align(2, 0, 0);
        }
    }

    static void matMul(NodeAxes n) {
        if (n.inDims(0).length < 2 || n.inDims(1).length < 2) {
            return;
        }
        n.align(0, 0, 1);
        n.align(1, 0, 2);
        n.tie(n.in(0, -1), n.in(1, -2));
        n.tie(n.in(1, -1), n.out(0, -1));
    }

    /** X {@code (S, B, I)}, W {@code (D, G·H, I)}, R {@code (D, G·H, H)}: a hidden unit is a row of every gate. */
    static void recurrent(NodeAxes n) {
        if (n.node().integer("layout", 0) != 0 || n.inDims(2)[0] != 1) {
            return;
        }
        var unit = n.in(2, 2);
        n.tie(n.in(0, 2), n.in(1, 2));
        for (int input : new int[] {1, 2, 3, 7}) {
            if (n.has(input)) {
                var gates = n.in(input, 1);
                n.tie(unit, gates, 0, (int) n.inDims(input)[1], 1);
            }
        }
        for (int state = 5; state <= 6; state++) {
            if (n.has(state)) {
                n.tie(unit, n.in(state, 2));
            }
        }
        for (int output = 0; output < n.node().outputs().size(); output++) {
            if (n.outDims(output).length > 0) {
                n.tie(unit, n.out(output, -1));
            }
        }
    }

    /** Axes with the same letter are the same; without letters for the result, or with dots, nothing is known. */
    static void einsum(NodeAxes n) {
        var sides = n.node().text("equation", "").replace(" ", "").split("->", -1);
        if (sides.length != 2 || sides[0].contains(".")) {
            return;
        }
        var first = new HashMap<Character, Axis>();
        var operands = sides[0].split(",", -1);
        for (int operand = 0; operand < operands.length; operand++) {
            for (int axis = 0; axis < operands[operand].length(); axis++) {
                letter(n, first, operands[operand].charAt(axis), n.in(operand, axis));
            }
        }
        for (int axis = 0; axis < sides[1].length(); axis++) {
            letter(n, first, sides[1].charAt(axis), n.out(0, axis));
        }
    }

    private static void letter(NodeAxes n, Map<Character, Axis> first, char letter, Axis axis) {
        var earlier = first.putIfAbsent(letter, axis);
        if (earlier == null) {
            n.free(axis);
        } else {
            n.tie(earlier, axis);
        }
    }
}
