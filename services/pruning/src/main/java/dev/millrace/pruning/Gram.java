package dev.millrace.pruning;

/**
 * Second moments {@code Σ x xᵀ} of the vectors that a weight's matrix is multiplied with, for each group of rows.
 *
 * <p>Memory: a double for every pair of columns, or for every column where only the diagonal is wanted.
 */
final class Gram {
    /** Vectors added together, so that the matrix is gone through less often. */
    private static final int TOGETHER = 4;

    private final int columns;
    private final double[][] diagonals;
    private final double[][][] lower;
    private final double[][][] waiting;
    private final int[] waitingCount;

    /** @param full whether products of different columns are wanted */
    Gram(int groups, int columns, boolean full) {
        this.columns = columns;
        diagonals = new double[groups][columns];
        lower = new double[full ? groups : 0][columns][];
        for (var group : lower) {
            for (int i = 0; i < columns; i++) {
                group[i] = new double[i + 1];
            }
        }
        waiting = new double[groups][TOGETHER][columns];
        waitingCount = new int[groups];
    }

    int groups() {
        return diagonals.length;
    }

    int columns() {
        return columns;
    }

    /** Adds a vector; the array may be used again. */
    void add(int group, float[] vector) {
        var own = waiting[group][waitingCount[group]++];
        for (int i = 0; i < columns; i++) {
            own[i] = vector[i];
            diagonals[group][i] += own[i] * own[i];
        }
        if (waitingCount[group] == TOGETHER) {
            flush(group);
        }
    }

    private void flush(int group) {
        if (lower.length > 0 && waitingCount[group] > 0) {
            for (int v = waitingCount[group]; v < TOGETHER; v++) {
                java.util.Arrays.fill(waiting[group][v], 0);
            }
            var a = waiting[group][0];
            var b = waiting[group][1];
            var c = waiting[group][2];
            var d = waiting[group][3];
            for (int i = 0; i < columns; i++) {
                addRow(lower[group][i], a, b, c, d);
            }
        }
        waitingCount[group] = 0;
    }

    private static void addRow(double[] row, double[] a, double[] b, double[] c, double[] d) {
        int i = row.length - 1;
        double ai = a[i];
        double bi = b[i];
        double ci = c[i];
        double di = d[i];
        if (ai == 0 && bi == 0 && ci == 0 && di == 0) {
            return;
        }
        for (int j = 0; j < row.length; j++) {
            row[j] += ai * a[j] + bi * b[j] + ci * c[j] + di * d[j];
        }
    }

    /** Sum of squares of each column. */
    double[] diagonal(int group) {
        return diagonals[group];
    }

    /**
     * The matrix with its rows and columns in another order.
     *
     * @param order of columns
     */
    double[][] matrix(int group, int[] order) {
        flush(group);
        var matrix = new double[columns][columns];
        for (int i = 0; i < columns; i++) {
            for (int j = 0; j < columns; j++) {
                int row = Math.max(order[i], order[j]);
                matrix[i][j] = lower[group][row][Math.min(order[i], order[j])];
            }
        }
        return matrix;
    }
}
