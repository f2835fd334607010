package dev.millrace.pack.model;

/**
 * What is known of a tensor's next element from those before it: its neighbours in the row, in the row above and in the
 * inner dims, and how large elements have been in its column and its row.
 *
 * <p>Elements are seen as classes of size, 0 for zero, 15 the largest, with a sign.
 */
final class Surroundings {
    static final int CLASSES = 16;
    private static final int MEAN_ONE = 1 << 12;
    private static final int ROW_MEMORY = 16;
    private static final int COLUMN_MEMORY = 32;

    private final int columns;
    private final int inner;
    private final byte[] past;
    private final int mask;
    private final int[] columnSize;
    private final int[] columnDensity;
    private int rowSize;
    private int rowDensity;
    private long index;
    private int column;
    private int innerColumn;
    private int row;

    /**
     * Nothing seen.
     *
     * @param columns elements of a row
     * @param inner elements of the inner dims, a divisor of a row's or the same
     */
    Surroundings(int columns, int inner) {
        this.columns = columns;
        this.inner = inner;
        int length = Math.max(64, Integer.highestOneBit(columns + inner + 2) << 1);
        past = new byte[length];
        mask = length - 1;
        columnSize = new int[columns];
        columnDensity = new int[columns];
    }

    /** The element {@code distance} back, its sign that of the element. */
    int back(int distance) {
        return past[(int) (index - distance) & mask];
    }

    /** The element in the row above. */
    int above() {
        return back(columns);
    }

    /** The element above in the inner dims. */
    int within() {
        return back(inner);
    }

    /** Which of ten neighbours are not zero, a bit each. */
    int pattern() {
        return isSet(1)
                | isSet(2) << 1
                | isSet(columns) << 2
                | isSet(columns - 1) << 3
                | isSet(columns + 1) << 4
                | isSet(inner) << 5
                | isSet(inner - 1) << 6
                | isSet(inner + 1) << 7
                | isSet(3) << 8
                | isSet(2 * inner <= columns ? 2 * inner : 4) << 9;
    }

    private int isSet(int distance) {
        return distance > 0 && back(distance) != 0 ? 1 : 0;
    }

    int column() {
        return column;
    }

    int innerColumn() {
        return innerColumn;
    }

    /** Mean class of the column, in sixteenths of the largest. */
    int columnSize() {
        return coarse(columnSize[column]);
    }

    int rowSize() {
        return coarse(rowSize);
    }

    private static int coarse(int mean) {
        return mean * CLASSES / (CLASSES * MEAN_ONE);
    }

    /** Share of the column that is not zero, in 16 classes of its logarithm. */
    int columnDensity() {
        return logarithmic(columnDensity[column]);
    }

    int rowDensity() {
        return logarithmic(rowDensity);
    }

    /** Share of the columns beside this one, and of those before and behind it in the inner dims, that is not zero. */
    int densityAround() {
        int sum = density(column - 1) + density(column + 1) + density(column - inner) + density(column + inner);
        return logarithmic(sum / 4);
    }

    private int density(int of) {
        return of < 0 || of >= columns ? columnDensity[column] : columnDensity[of];
    }

    /** 0 for nothing, then two classes for each doubling. */
    private static int logarithmic(int share) {
        if (share < 16) {
            return 0;
        }
        int octave = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(share);
        return Math.min(CLASSES - 1, 2 * (octave - 4) + ((share >>> (octave - 1)) & 1));
    }

    /** Goes on behind an element. */
    void add(int size, boolean negative) {
        past[(int) index & mask] = (byte) (negative ? -size : size);
        int memory = Math.min(COLUMN_MEMORY, row + 2);
        columnSize[column] += (size * MEAN_ONE - columnSize[column]) / memory;
        columnDensity[column] += ((size == 0 ? 0 : MEAN_ONE) - columnDensity[column]) / memory;
        rowSize += (size * MEAN_ONE - rowSize) / ROW_MEMORY;
        rowDensity += ((size == 0 ? 0 : MEAN_ONE) - rowDensity) / (2 * ROW_MEMORY);
        index++;
        innerColumn = innerColumn + 1 == inner ? 0 : innerColumn + 1;
        if (++column == columns) {
            column = 0;
            innerColumn = 0;
            row++;
        }
    }
}
