package dev.millrace.pruning;

import java.io.IOException;
import java.util.IdentityHashMap;

/**
 * Removes, for every output, the weights of least magnitude times the norm of what they are multiplied with: {@code |w_ij| ·
 * ‖x_j‖} (Sun et al., "A simple and effective pruning approach for large language models", 2024). Cost: the model runs once
 * over the samples.
 */
final class Wanda implements Criterion.Scoring {
    @Override
    public String name() {
        return "wanda";
    }

    @Override
    public String summary() {
        return "Sets the weights to zero whose products with the layer's inputs are smallest.";
    }

    @Override
    public String useWhen() {
        return "The model will not be trained again, and there are some inputs without labels.";
    }

    @Override
    public Scope scope() {
        return Scope.ROW;
    }

    @Override
    public Scores scores(Evidence evidence) throws IOException {
        var grams = LayerInputs.of(evidence, false);
        var scores = new IdentityHashMap<Weight, float[]>();
        for (var weight : evidence.weights()) {
            var worths = new float[Math.toIntExact(weight.elements())];
            Magnitude.score(weight, (index, magnitude) -> worths[(int) index] = magnitude);
            var gram = grams.get(weight);
            if (gram != null) {
                scale(worths, Matrix.of(weight), gram);
            }
            scores.put(weight, worths);
        }
        return Scores.of(scores);
    }

    private static void scale(float[] worths, Matrix matrix, Gram gram) {
        for (int row = 0; row < matrix.rows(); row++) {
            var squares = gram.diagonal(matrix.group(row));
            for (int column = 0; column < squares.length; column++) {
                worths[matrix.index(row, column)] *= (float) Math.sqrt(squares[column]);
            }
        }
    }
}
