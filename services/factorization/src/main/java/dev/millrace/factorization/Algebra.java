package dev.millrace.factorization;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.millrace.engine.Value;
import dev.millrace.engine.moment.Moments;
import dev.millrace.engine.torch.ScriptModule;
import dev.millrace.engine.torch.TorchModule;
import dev.millrace.engine.torch.TorchValues;
import dev.millrace.onnx.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Dense linear algebra in double precision, run by libtorch. What goes in and comes out is float32, row-major. */
public final class Algebra implements AutoCloseable {
    private final TorchModule module;
    private final Moments moments;

    private Algebra(TorchModule module, Moments moments) {
        this.module = module;
        this.moments = moments;
    }

    /** @param directory where small archives lie during the call */
    public static Algebra open(Path directory, int threads) throws IOException {
        return new Algebra(
                ScriptModule.library(Algebra.class, List.of("algebra"), directory, threads),
                Moments.open(directory, threads));
    }

    /** The second moment of so many features, of no positions yet. */
    Moments.Moment moment(int features) {
        return moments.moment(1, features, true);
    }

    /**
     * A matrix as a product, best at every rank: the first r columns of {@code left} times the first r rows of {@code
     * right}.
     */
    static final class Factors {
        private final float[] energies;
        private final float[] left;
        private final float[] right;

        /**
         * @param energies what each further rank adds, largest first
         * @param left {@code (K, m)}
         * @param right {@code (m, N)}
         */
        private Factors(float[] energies, float[] left, float[] right) {
            this.energies = energies;
            this.left = left;
            this.right = right;
        }

        /** Share of the energy that the first ranks leave out, by rank: {@code [0]} is 1. */
        double[] errors() {
            double total = 0;
            for (float energy : energies) {
                total += Math.max(0, energy);
            }
            var errors = new double[energies.length + 1];
            double rest = total;
            for (int rank = 0; rank < errors.length; rank++) {
                errors[rank] = total == 0 ? 0 : Math.max(0, rest / total);
                rest -= rank < energies.length ? Math.max(0, energies[rank]) : 0;
            }
            return errors;
        }

        /** The first columns of {@code left}, {@code (K, rank)}. */
        float[] left(int rank) {
            int width = energies.length;
            int rows = left.length / width;
            var cut = new float[rows * rank];
            for (int row = 0; row < rows; row++) {
                System.arraycopy(left, row * width, cut, row * rank, rank);
            }
            return cut;
        }

        /** The first rows of {@code right}, {@code (rank, N)}. */
        float[] right(int rank) {
            return Arrays.copyOf(right, right.length / energies.length * rank);
        }
    }

    /** Truncated singular value decomposition of {@code w (K, N)}: smallest {@code ‖W − UV‖}. */
    Factors factors(float[] w, int k, int n) {
        return call("plain", k, n, w, null);
    }

    /**
     * Smallest {@code ‖X·W − X·UV‖} for inputs of which {@code E = XᵀX} is known: the singular value decomposition of
     * {@code LᵀW} with Cholesky's {@code E = LLᵀ}, taken back by {@code L⁻ᵀ}.
     */
    Factors byInputs(float[] w, int k, int n, Moments.Moment inputs) {
        return call("by_inputs", k, n, w, inputs);
    }

    /**
     * The same for outputs of which {@code E = YᵀY} is known, {@code Y = XW}: the projection of W on the main directions of
     * Y. Right where there are fewer outputs than inputs, or where inputs are patches of a picture.
     */
    Factors byOutputs(float[] w, int k, int n, Moments.Moment outputs) {
        return call("by_outputs", k, n, w, outputs);
    }

    private Factors call(String method, int k, int n, float[] w, Moments.@Nullable Moment moment) {
        try (var scope = module.scope()) {
            var arguments = new ArrayList<NDArray>(List.of(array(scope, w, k, n)));
            if (moment != null) {
                arguments.add(moment.array());
            }
            var results = module.call(scope, method, false, arguments);
            return new Factors(floats(results.get(0)), floats(results.get(1)), floats(results.get(2)));
        }
    }

    /** {@code Σ x²} of each feature, {@code (C)}. */
    public float[] squares(Moments.Moment moment) {
        try (var scope = module.scope()) {
            return floats(module.call(scope, "squares", false, List.of(moment.array()))
                    .get(0));
        }
    }

    /**
     * The centroid of each weight of {@code (K, N)}, chosen input by input, the most active first: what rounding one row does
     * to the outputs is taken out by the rows that are not rounded yet (Frantar et al., "GPTQ", 2023).
     *
     * @param centroids ascending
     * @param bounds the first number that belongs to each centroid but the first
     * @return numbers of the centroids, {@code (K, N)}
     */
    public long[] rounded(float[] w, int k, int n, Moments.Moment inputs, float[] centroids, float[] bounds) {
        try (var scope = module.scope()) {
            var arguments = List.of(
                    array(scope, w, k, n),
                    inputs.array(),
                    array(scope, centroids, centroids.length),
                    array(scope, bounds, bounds.length));
            var chosen = new long[w.length];
            TorchValues.value(module.call(scope, "rounded", false, arguments).get(0))
                    .longs()
                    .get(chosen);
            return chosen;
        }
    }

    /** A tensor {@code (O, I, K)} as a sum of R terms {@code a_r ∘ b_r ∘ c_r}. */
    static final class Terms {
        private final List<float[]> results;

        private Terms(List<float[]> results) {
            this.results = results;
        }

        /** Share of the energy lost; not a number if no terms were found. */
        double error() {
            return results.get(0)[0];
        }

        /** Energy of all terms over that of the tensor; far above 1 where they cancel each other. */
        double size() {
            return results.get(0)[1];
        }

        /** {@code (O, R)}. */
        float[] outputs() {
            return results.get(1);
        }

        /** {@code (I, R)}. */
        float[] inputs() {
            return results.get(2);
        }

        /** {@code (K, R)}. */
        float[] kernel() {
            return results.get(3);
        }
    }

    /** The CP decomposition by damped alternating least squares. */
    Terms terms(float[] w, int o, int i, int k, int rank) {
        var random = new Random(rank);
        try (var scope = module.scope()) {
            var results = module.call(
                    scope,
                    "cp",
                    false,
                    List.of(
                            array(scope, w, o, i, k),
                            normal(scope, random, o, rank),
                            normal(scope, random, i, rank),
                            normal(scope, random, k, rank)));
            return new Terms(results.stream().map(Algebra::floats).toList());
        }
    }

    private static NDArray normal(PtNDManager scope, Random random, int rows, int columns) {
        var values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() / Math.sqrt(rows));
        }
        return array(scope, values, rows, columns);
    }

    private static NDArray array(PtNDManager scope, float[] values, long... dims) {
        return TorchValues.array(scope, "matrix", Value.of(values, dims), false);
    }

    private static float[] floats(NDArray array) {
        var value = TorchValues.value(array);
        assert value.type() == DataType.FLOAT;
        var floats = new float[Math.toIntExact(value.size())];
        value.floats().get(floats);
        return floats;
    }

    @Override
    public void close() {
        moments.close();
        module.close();
    }
}
