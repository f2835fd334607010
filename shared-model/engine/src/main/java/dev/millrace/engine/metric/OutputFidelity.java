package dev.millrace.engine.metric;

import dev.millrace.engine.Value;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The figures of {@link Fidelity} for one output. */
final class OutputFidelity {
    /** An axis 1 longer than this is no axis of channels; its slices are not told apart. */
    private static final int MOST_SLICES = 65_536;

    private double cosines;
    private double minCosine = 1;
    private long rows;
    private double squaredError;
    private double squares;
    private long same;
    private long positions;
    private long numbers;
    private long finite;
    private double[] sliceErrors = new double[0];
    private double[] sliceSquares = new double[0];

    /**
     * Adds the first {@code count} rows of two outputs.
     *
     * @param mask {@code (N, T)} for outputs {@code (N, T, D)}: where it is 0, the token does not count
     */
    void add(int count, Value reference, Value candidate, @Nullable Value mask) {
        int counted = (int) Math.min(count, reference.dim(0));
        if (!Arrays.equals(reference.dims(), candidate.dims())) {
            // Nothing can be compared; as far from the reference as zeros would be.
            addZeros(counted, reference);
            return;
        }
        int rowSize = (int) (reference.size() / Math.max(1, reference.dim(0)));
        int slices = reference.rank() > 2 && reference.dim(1) <= MOST_SLICES ? (int) reference.dim(1) : 1;
        if (sliceErrors.length < slices) {
            sliceErrors = Arrays.copyOf(sliceErrors, slices);
            sliceSquares = Arrays.copyOf(sliceSquares, slices);
        }
        var expected = reference.floats();
        var found = candidate.floats();
        int last = reference.rank() < 2 ? 1 : (int) reference.dim(reference.rank() - 1);
        for (int row = 0; row < counted; row++) {
            addRow(row, rowSize, slices, last, expected, found, mask);
        }
    }

    private void addRow(
            int row, int rowSize, int slices, int last, FloatBuffer expected, FloatBuffer found, @Nullable Value mask) {
        double dot = 0;
        double squaresOfExpected = 0;
        double squaresOfFound = 0;
        int sliceSize = rowSize / slices;
        for (int slice = 0; slice < slices; slice++) {
            if (mask != null && mask.number(row * slices + slice) == 0) {
                continue;
            }
            double error = 0;
            double size = 0;
            int from = row * rowSize + slice * sliceSize;
            for (int i = from; i < from + sliceSize; i++) {
                double e = expected.get(i);
                double f = found.get(i);
                numbers++;
                if (Double.isFinite(f)) {
                    finite++;
                } else if (Double.isFinite(e)) {
                    f = 0;
                } else {
                    // Both are infinite or NaN, as the model has it.
                    e = 0;
                    f = 0;
                    finite++;
                }
                dot += e * f;
                size += e * e;
                squaresOfFound += f * f;
                error += (e - f) * (e - f);
            }
            squaresOfExpected += size;
            squaredError += error;
            sliceErrors[slice] += error;
            sliceSquares[slice] += size;
            if (last > 1) {
                countAgreement(from, sliceSize, last, expected, found);
            }
        }
        squares += squaresOfExpected;
        double cosine = Embeddings.cosine(dot, squaresOfExpected, squaresOfFound);
        cosines += cosine;
        minCosine = Math.min(minCosine, cosine);
        rows++;
    }

    private void countAgreement(int from, int size, int last, FloatBuffer expected, FloatBuffer found) {
        for (int at = from; at + last <= from + size; at += last) {
            positions++;
            if (Classification.best(expected, at, last) == Classification.best(found, at, last)) {
                same++;
            }
        }
    }

    private void addZeros(int counted, Value reference) {
        for (int i = 0; i < reference.size(); i++) {
            double e = reference.number(i);
            squares += e * e;
            squaredError += e * e;
            numbers++;
        }
        rows += counted;
        minCosine = 0;
    }

    Map<String, Double> values() {
        var values = new LinkedHashMap<String, Double>();
        values.put("cosine", rows == 0 ? 1 : cosines / rows);
        values.put("minCosine", minCosine);
        values.put("relativeError", ratio(squaredError, squares));
        if (sliceErrors.length > 1) {
            double worst = 0;
            for (int slice = 0; slice < sliceErrors.length; slice++) {
                worst = Math.max(worst, ratio(sliceErrors[slice], sliceSquares[slice]));
            }
            values.put("worstSliceError", worst);
        }
        if (positions > 0) {
            values.put("top1Agreement", (double) same / positions);
        }
        if (finite < numbers) {
            values.put("finite", (double) finite / numbers);
        }
        return values;
    }

    /** {@code √(error / size)}; 0 where there is no error, 1 where all of it is error. */
    private static double ratio(double error, double size) {
        return error == 0 ? 0 : size == 0 ? 1 : Math.sqrt(error / size);
    }
}
