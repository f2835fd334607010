package dev.millrace.factorization;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.millrace.engine.Value;
import dev.millrace.engine.torch.ScriptModule;
import dev.millrace.engine.torch.TorchModule;
import dev.millrace.engine.torch.TorchValues;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.script.Script;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Dense linear algebra in double precision, run by libtorch. What goes in and comes out is float32, row-major. */
final class Algebra implements AutoCloseable {
    private static final String FORWARD = """
              def forward(self: __torch__.Net) -> List[Tensor]:
                return annotate(List[Tensor], [])
            """;

    private final TorchModule module;
    private final PtNDManager kept;

    private Algebra(TorchModule module) {
        this.module = module;
        kept = module.scope();
    }

    /** @param directory where a small archive lies during the call */
    static Algebra open(Path directory, int threads) throws IOException {
        var script = new Script(List.of(), List.of(), List.of(), List.of(), FORWARD, false);
        return new Algebra(ScriptModule.load(script, List.of(methods()), List.of(), directory, threads));
    }

    private static String methods() {
        try (var in = Algebra.class.getResourceAsStream("algebra.torchscript")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The second moment of a value's features, {@code E = Σ z·zᵀ} over all positions, as a matrix {@code (C, C)} inside
     * libtorch.
     */
    final class Moment {
        private @Nullable NDArray sum;

        /**
         * Adds the positions of one run.
         *
         * @param values {@code (…, C)} if {@code last}, else {@code (B, C, …)}
         * @param bias {@code (C)}, taken off first; empty for none
         */
        void add(Value values, boolean last, float[] bias) {
            int features = (int) values.dim(last ? values.rank() - 1 : 1);
            try (var scope = module.scope()) {
                var arguments = List.of(
                        sum == null ? array(scope, new float[1], 1, 1) : sum,
                        TorchValues.array(scope, "values", values, false),
                        bias.length == 0 ? array(scope, new float[features], features) : array(scope, bias, features));
                var result = module.call(scope, last ? "add_last" : "add_second", false, arguments)
                        .get(0);
                if (sum != null) {
                    sum.close();
                }
                result.attach(kept);
                sum = result;
            }
        }
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
    Factors byInputs(float[] w, int k, int n, Moment inputs) {
        return call("by_inputs", k, n, w, inputs);
    }

    /**
     * The same for outputs of which {@code E = YᵀY} is known, {@code Y = XW}: the projection of W on the main directions of
     * Y. Right where there are fewer outputs than inputs, or where inputs are patches of a picture.
     */
    Factors byOutputs(float[] w, int k, int n, Moment outputs) {
        return call("by_outputs", k, n, w, outputs);
    }

    private Factors call(String method, int k, int n, float[] w, @Nullable Moment moment) {
        try (var scope = module.scope()) {
            var arguments = new ArrayList<NDArray>(List.of(array(scope, w, k, n)));
            if (moment != null) {
                arguments.add(Objects.requireNonNull(moment.sum, "no values were added"));
            }
            var results = module.call(scope, method, false, arguments);
            return new Factors(floats(results.get(0)), floats(results.get(1)), floats(results.get(2)));
        }
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
        kept.close();
        module.close();
    }
}
