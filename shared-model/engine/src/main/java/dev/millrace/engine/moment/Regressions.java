package dev.millrace.engine.moment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import dev.millrace.engine.Value;
import dev.millrace.engine.torch.ScriptModule;
import dev.millrace.engine.torch.TorchModule;
import dev.millrace.engine.torch.TorchValues;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes {@link Regression}s, and keeps their memory until it is closed. */
public final class Regressions implements AutoCloseable {
    private final TorchModule module;
    private final PtNDManager kept;

    private Regressions(TorchModule module) {
        this.module = module;
        kept = module.scope();
    }

    /** @param directory where a small archive lies during the call */
    public static Regressions open(Path directory, int threads) throws IOException {
        return new Regressions(
                ScriptModule.library(Regressions.class, List.of("windows", "regression"), directory, threads));
    }

    /**
     * A regression that has seen nothing yet.
     *
     * @param groups G
     * @param columns C, the numbers of a vector
     * @param rows R, the outputs of all groups
     * @param constant whether a constant may be added
     */
    public Regression regression(int groups, int columns, int rows, boolean constant) {
        return new Regression(groups, columns, rows, constant);
    }

    /**
     * Least squares of what a layer should give more, by the vectors {@code x} that it multiplies its weight with and a
     * constant 1: {@code Δ = argmin Σ‖r − Δx‖² + ρ·Σ diag(Σx·xᵀ)·Δ²}, group by group.
     *
     * <p>Memory: doubles {@code (G, C + 1, C + 1)} and {@code (G, C + 1, R/G)}.
     */
    public final class Regression {
        private final boolean constant;
        private long rows;
        private NDArray gram; // (G, C + 1, C + 1)
        private NDArray products; // (G, C + 1, R/G)

        private Regression(int groups, int columns, int rows, boolean constant) {
            this.constant = constant;
            gram = kept.zeros(new Shape(groups, columns + 1, columns + 1), DataType.FLOAT64);
            products = kept.zeros(new Shape(groups, columns + 1, rows / groups), DataType.FLOAT64);
        }

        /**
         * Adds one run.
         *
         * @param input holds the vectors
         * @param wanted what the outputs should be, with others among them
         * @param found what they are, with the dims of the layer's output
         * @param axis of both on which the outputs are
         * @param stay indices on that axis of those wanted, R
         * @param atMost takes about so many positions, at equal distances, from another first one each time
         */
        public void add(Vectors vectors, Value input, Value wanted, Value found, int axis, long[] stay, long atMost) {
            try (var scope = module.scope()) {
                var arguments = new ArrayList<>(List.of(
                        gram,
                        products,
                        TorchValues.array(scope, "input", input, false),
                        TorchValues.array(scope, "wanted", wanted, false),
                        TorchValues.array(scope, "found", found, false),
                        scope.create((long) axis),
                        scope.create(stay),
                        scope.create(constant ? 1d : 0d),
                        scope.create(atMost),
                        scope.create(rows)));
                arguments.addAll(Grid.arguments(scope, vectors, input.dims()));
                var results = module.call(scope, Grid.method(vectors), false, arguments);
                rows += input.dim(0);
                gram.close();
                products.close();
                results.forEach(each -> each.attach(kept));
                gram = results.get(0);
                products = results.get(1);
            }
        }

        /**
         * What to add to each element of the weight, {@code (R, C + 1)} row by row; the constant's number last in a row.
         *
         * @param ridge what a change costs, as a share of what its column adds up to
         */
        public float[] solution(double ridge) {
            try (var scope = module.scope()) {
                return module.call(scope, "solution", false, List.of(gram, products, scope.create(ridge)))
                        .get(0)
                        .toFloatArray();
            }
        }
    }

    @Override
    public void close() {
        kept.close();
        module.close();
    }
}
