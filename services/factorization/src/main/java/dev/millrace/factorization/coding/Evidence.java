package dev.millrace.factorization.coding;

import dev.millrace.factorization.Activations;
import dev.millrace.factorization.Algebra;
import dev.millrace.factorization.Layer;
import java.util.Arrays;
import java.util.Optional;

/** What running the model on calibration data says about the weights. */
record Evidence(Activations seen, Algebra algebra) {
    /**
     * What a squared error of each element costs: the mean square of the input that it multiplies, 1 on average. Empty if
     * that is not known: every element counts alike.
     */
    float[] importance(CodableWeight weight) {
        var squares = weight.subject().flatMap(seen::moment).map(algebra::squares);
        if (squares.isEmpty()) {
            return new float[0];
        }
        int inputs = squares.get().length;
        int inner = weight.elementsOfAnInput(inputs);
        double mean = 0;
        for (float square : squares.get()) {
            mean += square / inputs;
        }
        var importance = new float[Math.toIntExact(weight.tensor().elements())];
        if (mean == 0) {
            Arrays.fill(importance, 1);
            return importance;
        }
        for (int i = 0; i < importance.length; i++) {
            importance[i] = (float) (squares.get()[i / inner % inputs] / mean);
        }
        return importance;
    }

    /**
     * The centroid of each element so that the outputs of the layer change least, if what it sees is known.
     *
     * @param values the weight, scaled as the centroids are
     * @param centroids ascending
     * @param bounds the first number that belongs to each centroid but the first
     */
    Optional<long[]> rounded(CodableWeight weight, float[] values, float[] centroids, float[] bounds) {
        return weight.subject()
                .filter(subject -> weight.isMatrix())
                .flatMap(seen::moment)
                .map(inputs -> {
                    int rows = (int) weight.tensor().dim(0);
                    int columns = values.length / rows;
                    if (!weight.isTransposed()) {
                        return algebra.rounded(values, rows, columns, inputs, centroids, bounds);
                    }
                    var turned = Layer.transposed(values, rows, columns);
                    var chosen = algebra.rounded(turned, columns, rows, inputs, centroids, bounds);
                    var back = new long[chosen.length];
                    for (int i = 0; i < back.length; i++) {
                        back[i] = chosen[i % columns * rows + i / columns];
                    }
                    return back;
                });
    }
}
