package dev.millrace.pruning.sparsity;

/**
 * The upper triangular U with {@code UᵀU = H⁻¹} of a positive definite H, whose row i says how a change of number i is best
 * made up for by those behind it.
 *
 * <p>H is split into {@code R Rᵀ} with R upper triangular, from the last row up; U is the inverse of R. Both take n³/3
 * products.
 */
final class InverseFactor {
    private InverseFactor() {}

    /**
     * Overwrites the matrix with its factor.
     *
     * @param h symmetric, {@code (n, n)}
     * @throws ArithmeticException if it is not positive definite
     */
    static void of(double[][] h) {
        int n = h.length;
        for (int j = n - 1; j >= 0; j--) {
            double square = h[j][j] - dot(h[j], h[j], j + 1, n);
            if (!(square > 0)) {
                throw new ArithmeticException("pivot " + j + " is " + square);
            }
            h[j][j] = Math.sqrt(square);
            for (int i = 0; i < j; i++) {
                h[i][j] = (h[i][j] - dot(h[i], h[j], j + 1, n)) / h[j][j];
            }
        }
        for (int i = n - 1; i >= 0; i--) {
            invertRow(h, i);
        }
    }

    /** Row i of the inverse from those below it. */
    private static void invertRow(double[][] r, int i) {
        int n = r.length;
        var row = new double[n];
        row[i] = 1;
        for (int k = i + 1; k < n; k++) {
            double factor = r[i][k];
            var below = r[k];
            for (int j = k; j < n; j++) {
                row[j] -= factor * below[j];
            }
        }
        double pivot = r[i][i];
        for (int j = i; j < n; j++) {
            row[j] /= pivot;
        }
        r[i] = row;
    }

    private static double dot(double[] a, double[] b, int from, int to) {
        double even = 0;
        double odd = 0;
        int k = from;
        for (; k + 1 < to; k += 2) {
            even += a[k] * b[k];
            odd += a[k + 1] * b[k + 1];
        }
        return k < to ? even + odd + a[k] * b[k] : even + odd;
    }
}
