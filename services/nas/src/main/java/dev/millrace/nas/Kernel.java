package dev.millrace.nas;

import dev.millrace.engine.Value;

/** For each two samples, the number of units that are on in both or off in both. */
final class Kernel {
    private final double[][] agreeing;

    Kernel(int samples) {
        agreeing = new double[samples][samples];
    }

    /** @param units {@code (N, …)}, values before an activation: a unit is on above 0 */
    void add(Value units) {
        int samples = agreeing.length;
        int perSample = Math.toIntExact(units.size() / units.dim(0));
        var values = units.floats();
        for (int a = 0; a < samples; a++) {
            for (int b = 0; b <= a; b++) {
                int same = 0;
                for (int unit = 0; unit < perSample; unit++) {
                    boolean onInA = values.get(a * perSample + unit) > 0;
                    boolean onInB = values.get(b * perSample + unit) > 0;
                    same += onInA == onInB ? 1 : 0;
                }
                agreeing[a][b] += same;
                agreeing[b][a] = agreeing[a][b];
            }
        }
    }

    /** {@code ln det}, by Cholesky; −∞ where two samples cannot be told apart. */
    double logDeterminant() {
        int size = agreeing.length;
        var factor = new double[size][size];
        double sum = 0;
        for (int row = 0; row < size; row++) {
            for (int column = 0; column <= row; column++) {
                double rest = agreeing[row][column];
                for (int k = 0; k < column; k++) {
                    rest -= factor[row][k] * factor[column][k];
                }
                if (row == column) {
                    if (rest <= 0) {
                        return Double.NEGATIVE_INFINITY;
                    }
                    factor[row][row] = Math.sqrt(rest);
                    sum += Math.log(rest);
                } else {
                    factor[row][column] = rest / factor[column][column];
                }
            }
        }
        return sum;
    }
}
