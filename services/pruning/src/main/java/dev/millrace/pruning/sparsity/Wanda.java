package dev.millrace.pruning.sparsity;

import dev.millrace.engine.moment.Moments;
import dev.millrace.pruning.weight.Matrix;
import dev.millrace.pruning.weight.Weight;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.Objects;

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
        var scores = new IdentityHashMap<Weight, float[]>();
        for (var weight : evidence.weights()) {
            var worths = new float[Math.toIntExact(weight.elements())];
            Magnitude.score(weight, (index, magnitude) -> worths[(int) index] = magnitude);
            scores.put(weight, worths);
        }
        new LayerInputs(evidence, false, LayerInputs.BUDGET)
                .visit((weight, inputs) ->
                        scale(Objects.requireNonNull(scores.get(weight)), Matrix.of(weight), inputs));
        return Scores.of(scores);
    }

    private static void scale(float[] worths, Matrix matrix, Moments.Moment inputs) {
        int rowsOfGroup = matrix.rows() / matrix.groups();
        for (int group = 0; group < matrix.groups(); group++) {
            var squares = inputs.diagonal(group);
            for (int row = group * rowsOfGroup; row < (group + 1) * rowsOfGroup; row++) {
                for (int column = 0; column < squares.length; column++) {
                    worths[matrix.index(row, column)] *= (float) Math.sqrt(squares[column]);
                }
            }
        }
    }
}
