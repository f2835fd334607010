package dev.millrace.pruning.sparsity;

import dev.millrace.engine.moment.Moments;
import dev.millrace.onnx.Tensor;
import dev.millrace.pruning.weight.Matrix;
import dev.millrace.pruning.weight.Weight;
import java.io.IOException;
import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Removes column by column the weights whose absence changes the layer's output least, and lets the columns behind make up
 * for it: {@code w² / [U_jj]²} with {@code UᵀU = (XXᵀ + λI)⁻¹}, chosen in blocks of 128 columns (Frantar and Alistarh,
 * "SparseGPT", 2023, after the optimal brain surgeon of Hassibi and Stork, 1993). λ is a hundredth of the mean of the
 * diagonal. Cost: the model runs
 * over the samples, once for each 512 MB of moments; for every layer 2n³/3 products in n columns, and n²/2 for each row.
 */
final class SparseGpt implements Criterion {
    private static final int BLOCK = 128;
    private static final double DAMPING = 0.01;

    private final long budget;

    SparseGpt() {
        this(LayerInputs.BUDGET);
    }

    /** @param budget bytes that what is known of the layers' inputs takes at a time */
    SparseGpt(long budget) {
        this.budget = budget;
    }

    @Override
    public String name() {
        return "sparse-gpt";
    }

    @Override
    public String summary() {
        return "Sets weights to zero and changes the others so that every layer's output stays nearly the same.";
    }

    @Override
    public String useWhen() {
        return "The model will not be trained again and should lose least; there are some inputs without labels.";
    }

    @Override
    public Scope scope() {
        return Scope.LAMP;
    }

    @Override
    public List<Tensor> prune(Evidence evidence) throws IOException {
        var weights = evidence.weights();
        var amount = evidence.amount();
        var byMagnitude = amount.removed(weights, Magnitude::score);
        var zeros = new IdentityHashMap<Weight, Integer>();
        var pruned = new IdentityHashMap<Weight, Tensor>();
        for (int i = 0; i < weights.size(); i++) {
            var weight = weights.get(i);
            zeros.put(weight, byMagnitude.get(i).cardinality());
            pruned.put(weight, MaskedData.of(weight.tensor(), byMagnitude.get(i)));
        }
        var visited = new AtomicInteger();
        new LayerInputs(evidence, true, budget).visit((weight, inputs) -> {
            double share = visited.getAndIncrement() / (double) weights.size();
            if (evidence.sources().trainer() == null) { // training tells how far it is
                evidence.context().progress(0.1 + 0.1 * share, "pruning " + weight.name());
            }
            int count = Objects.requireNonNull(zeros.get(weight));
            pruned.put(weight, new Layer(weight, inputs, amount).prune(count));
        });
        return weights.stream().map(pruned::get).toList();
    }

    /** One weight, as its matrix with the columns in the order in which they are gone through. */
    private static final class Layer {
        private final Weight weight;
        private final Moments.Moment inputs;
        private final Amount amount;
        private final Matrix matrix;
        private final int[] order;
        private final float[] values;
        private final float[] before;

        Layer(Weight weight, Moments.Moment inputs, Amount amount) {
            this.weight = weight;
            this.inputs = inputs;
            this.amount = amount;
            matrix = Matrix.of(weight);
            order = channelsTogether(matrix);
            values = weight.tensor().floats();
            before = values.clone();
        }

        /** All channels under one element of the kernel follow each other, as patterns want it. */
        private static int[] channelsTogether(Matrix matrix) {
            int columns = matrix.columns();
            int channels = matrix.channels();
            int kernel = columns / channels;
            var order = new int[columns];
            for (int i = 0; i < columns; i++) {
                order[i] = i % channels * kernel + i / channels;
            }
            return order;
        }

        Tensor prune(long zeros) {
            int rowsOfGroup = matrix.rows() / matrix.groups();
            for (int group = 0; group < matrix.groups(); group++) {
                long until = zeros * (group + 1) / matrix.groups();
                long from = zeros * group / matrix.groups();
                prune(group, group * rowsOfGroup, (group + 1) * rowsOfGroup, until - from);
            }
            return weight.tensor().withFloats(values);
        }

        /** Rows {@code [from, to)}, which share a Hessian. */
        private void prune(int group, int from, int to, long zeros) {
            var factor = inputs.matrix(group, order);
            double mean = 0;
            for (int i = 0; i < factor.length; i++) {
                mean += factor[i][i] / factor.length;
            }
            for (int i = 0; i < factor.length; i++) {
                factor[i][i] += mean == 0 ? 1 : DAMPING * mean;
            }
            InverseFactor.of(factor);
            int block = amount.pattern()
                    .map(pattern -> Math.max(1, BLOCK / pattern.m()) * pattern.m())
                    .orElse(BLOCK);
            for (int first = 0; first < order.length; first += block) {
                int last = Math.min(order.length, first + block);
                long until = zeros * last / order.length;
                var removed = chosen(factor, from, to, first, last, until - zeros * first / order.length);
                for (int row = from; row < to; row++) {
                    remove(factor, row, first, last, removed, (row - from) * (last - first));
                }
            }
        }

        /** Which of a block go, row by row. */
        private BitSet chosen(double[][] factor, int from, int to, int first, int last, long count) {
            int width = last - first;
            var worths = new float[(to - from) * width];
            for (int row = from; row < to; row++) {
                for (int k = first; k < last; k++) {
                    int index = matrix.index(row, order[k]);
                    double ratio = values[index] / factor[k][k];
                    worths[(row - from) * width + k - first] =
                            before[index] == 0 ? Float.NEGATIVE_INFINITY : (float) (ratio * ratio);
                }
            }
            return amount.chosen(worths, width, 1, count);
        }

        /** Sets elements of a row to zero, and makes up for it in the columns behind. */
        private void remove(double[][] factor, int row, int first, int last, BitSet removed, int offset) {
            for (int k = first; k < last; k++) {
                if (removed.get(offset + k - first)) {
                    int index = matrix.index(row, order[k]);
                    double error = values[index] / factor[k][k];
                    values[index] = 0;
                    for (int j = k + 1; j < order.length; j++) {
                        int behind = matrix.index(row, order[j]);
                        values[behind] -= (float) (error * factor[k][j]);
                    }
                }
            }
        }
    }
}
