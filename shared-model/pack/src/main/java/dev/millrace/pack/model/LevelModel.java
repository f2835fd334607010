package dev.millrace.pack.model;

import dev.millrace.pack.coder.Coder;

/**
 * Codes the elements of a tensor as signed levels: whether one is zero, which side of zero it is on, and how far, each
 * predicted from the {@link Surroundings}.
 *
 * <p>Pruned weights are told by the first question, so a zero among zeros costs next to nothing and a position as much as
 * the entropy of where non-zeros are; relative indices would cost the same at best, and do not see rows and columns.
 */
final class LevelModel {
    private static final int CLASSES = Surroundings.CLASSES;
    private static final int PAIRS = CLASSES * CLASSES;
    private static final int MOST_COLUMNS = 1 << 16;
    private static final int MOST_INNER_COLUMNS = 1 << 12;

    private final Surroundings around;
    private final int levels;
    private final int bits;
    private final byte[] classes;
    private final int columnMask;
    private final int innerMask;
    private final Mix zero;
    private final Mix sign;
    private final Mix level;
    private boolean negative;

    /**
     * Nothing seen.
     *
     * @param levels on either side of zero, at least 1
     * @param isLogarithm whether a level says how often a number doubles, as an exponent does
     * @param columns elements of a row
     * @param inner elements of the inner dims
     */
    LevelModel(int levels, boolean isLogarithm, int columns, int inner) {
        this.levels = levels;
        around = new Surroundings(columns, inner);
        bits = Integer.SIZE - Integer.numberOfLeadingZeros(levels - 1);
        classes = new byte[levels + 1];
        for (int i = 1; i <= levels; i++) {
            classes[i] = (byte) (isLogarithm ? Math.max(1, CLASSES - 1 - (levels - i)) : linear(i));
        }
        int nodes = 1 << bits;
        int ofColumns = powerOfTwo(columns, MOST_COLUMNS);
        int ofInner = powerOfTwo(inner, MOST_INNER_COLUMNS);
        columnMask = ofColumns - 1;
        innerMask = ofInner - 1;
        zero = new Mix(new int[] {1 << 10, ofColumns, ofInner, PAIRS, PAIRS, PAIRS, PAIRS}, 4, Cell.STEADY);
        sign = new Mix(new int[] {3 * 3 * 3, ofColumns, ofInner}, 1, Cell.STEADY);
        var contexts = new int[] {
            2 * nodes, PAIRS * nodes, PAIRS * nodes, PAIRS * nodes, ofColumns * CLASSES, ofInner * CLASSES
        };
        level = new Mix(contexts, bits + 1, Cell.STEADY);
    }

    /** The least that is not smaller, but not more than {@code most}. */
    private static int powerOfTwo(int number, int most) {
        return number >= most ? most : number == 1 ? 1 : Integer.highestOneBit(number - 1) << 1;
    }

    /** Few levels are classes; of more, two for each doubling. */
    private int linear(int i) {
        if (levels < CLASSES) {
            return i;
        }
        int octave = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(i);
        int half = octave == 0 ? 0 : (i >>> (octave - 1)) & 1;
        return Math.min(CLASSES - 1, 1 + 2 * octave + half);
    }

    /** Whether the element that was coded last is below zero. */
    boolean negative() {
        return negative;
    }

    /** Class of size of the element that was coded last. */
    int lastClass() {
        return Math.abs(around.back(1));
    }

    /**
     * Codes an element.
     *
     * @param value its level, 0 for zero
     * @param below whether it is below zero
     * @return its level
     */
    int code(Coder coder, int value, boolean below) {
        int coded = 0;
        negative = false;
        if (codeZero(coder, value == 0 ? 0 : 1) != 0) {
            negative = codeSign(coder, below ? 1 : 0) != 0;
            coded = 1 + codeLevel(coder, value - 1);
        }
        around.add(classes[coded], negative);
        return coded;
    }

    private int codeZero(Coder coder, int bit) {
        int columnDensity = around.columnDensity();
        int rowDensity = around.rowDensity();
        int pattern = around.pattern();
        zero.at[0] = pattern;
        zero.at[1] = around.column() & columnMask;
        zero.at[2] = around.innerColumn() & innerMask;
        zero.at[3] = columnDensity * CLASSES + rowDensity;
        zero.at[4] = columnDensity * CLASSES + around.densityAround();
        zero.at[5] = rowDensity * CLASSES + (pattern & 15);
        zero.at[6] = Math.abs(around.back(1)) * CLASSES + Math.abs(around.above());
        return zero.code(coder, bit, pattern & 3);
    }

    private int codeSign(Coder coder, int bit) {
        int left = Integer.signum(around.back(1)) + 1;
        sign.at[0] = (left * 3 + Integer.signum(around.above()) + 1) * 3 + Integer.signum(around.within()) + 1;
        sign.at[1] = around.column() & columnMask;
        sign.at[2] = around.innerColumn() & innerMask;
        return sign.code(coder, bit, 0);
    }

    private int codeLevel(Coder coder, int value) {
        int side = negative ? 1 : 0;
        int near = Math.abs(around.back(1)) * CLASSES + Math.abs(around.back(2));
        int far = Math.abs(around.above()) * CLASSES + Math.abs(around.within());
        int means = around.columnSize() * CLASSES + around.rowSize();
        int node = 1;
        for (int i = bits - 1; i >= 0; i--) {
            level.at[0] = side << bits | node;
            level.at[1] = near << bits | node;
            level.at[2] = far << bits | node;
            level.at[3] = means << bits | node;
            level.at[4] = (around.column() & columnMask) * CLASSES + (node & CLASSES - 1);
            level.at[5] = (around.innerColumn() & innerMask) * CLASSES + (node & CLASSES - 1);
            node = node << 1 | level.code(coder, value >>> i & 1, i);
        }
        return Math.min(levels - 1, node - (1 << bits));
    }
}
