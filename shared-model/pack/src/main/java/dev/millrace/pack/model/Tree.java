package dev.millrace.pack.model;

import dev.millrace.pack.coder.Coder;
import java.util.Arrays;

/** Codes numbers of a few bits, the highest bit first, each by what followed the same bits in the same context. */
public final class Tree {
    private final int bits;
    private final int[] cells;

    public Tree(int contexts, int bits) {
        this.bits = bits;
        cells = new int[contexts << bits];
        Arrays.fill(cells, Cell.NEW);
    }

    public int code(Coder coder, int value, int context) {
        int first = context << bits;
        int node = 1;
        for (int i = bits - 1; i >= 0; i--) {
            int cell = cells[first + node];
            int bit = coder.code(value >>> i & 1, Cell.probability(cell));
            cells[first + node] = Cell.updated(cell, bit, Cell.STEADY);
            node = node << 1 | bit;
        }
        return node - (1 << bits);
    }
}
