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
import java.nio.DoubleBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes {@link Moment}s, and keeps their memory until it is closed. */
public final class Moments implements AutoCloseable {
    private final TorchModule module;
    private final PtNDManager kept;

    private Moments(TorchModule module) {
        this.module = module;
        kept = module.scope();
    }

    /** @param directory where a small archive lies during the call */
    public static Moments open(Path directory, int threads) throws IOException {
        return new Moments(ScriptModule.library(Moments.class, List.of("windows", "moments"), directory, threads));
    }

    /**
     * A moment of no vectors yet.
     *
     * @param groups G
     * @param columns C, the numbers of a vector
     * @param full whether products of different numbers are wanted; else the diagonal alone
     */
    public Moment moment(int groups, int columns, boolean full) {
        return new Moment(groups, columns, full);
    }

    /** Bytes that such a moment takes. */
    public static long bytes(int groups, int columns, boolean full) {
        return (long) Double.BYTES * groups * columns * (full ? columns + 1 : 2);
    }

    /** {@code Σ x·xᵀ} of vectors, for each group. */
    public final class Moment {
        private long count;
        private long rows;
        private NDArray sum; // (G, C)
        private NDArray second; // (G, C, C), or its diagonals (G, C)

        private Moment(int groups, int columns, boolean full) {
            var shape = new Shape(groups, columns);
            sum = kept.zeros(shape, DataType.FLOAT64);
            second = kept.zeros(full ? shape.add(columns) : shape, DataType.FLOAT64);
        }

        /**
         * Adds the vectors of one run.
         *
         * @param value holds them in the axis or channels that {@code vectors} names
         * @param atMost takes about so many of them, at equal distances, from another first one each time
         */
        public void add(Vectors vectors, Value value, long atMost) {
            try (var scope = module.scope()) {
                var arguments = new ArrayList<>(List.of(
                        sum,
                        second,
                        TorchValues.array(scope, "value", value, false),
                        scope.create(atMost),
                        scope.create(rows)));
                arguments.addAll(Grid.arguments(scope, vectors, value.dims()));
                var results = module.call(scope, Grid.method(vectors), false, arguments);
                count += results.get(2).toLongArray()[0];
                rows += value.dim(0);
                replace(results.get(0), results.get(1));
            }
        }

        /**
         * Takes a point off every vector of a full moment: {@code Σ (x − p)·(x − p)ᵀ}.
         *
         * @param point {@code (C)}
         */
        public void about(float[] point) {
            try (var scope = module.scope()) {
                var arguments = List.of(sum, second, scope.create((double) count), scope.create(point));
                var results = module.call(scope, "about", false, arguments);
                replace(results.get(0), results.get(1));
            }
        }

        private void replace(NDArray newSum, NDArray newSecond) {
            sum.close();
            second.close();
            newSum.attach(kept);
            newSecond.attach(kept);
            sum = newSum;
            second = newSecond;
        }

        /** Doubles {@code (G, C, C)}, or {@code (G, C)} where only the diagonal was wanted; belongs to this. */
        public NDArray array() {
            return second;
        }

        /** Sums of squares {@code (C)} of a group of a moment that is a diagonal. */
        public double[] diagonal(int group) {
            try (var one = second.get(group)) {
                return one.toDoubleArray();
            }
        }

        /**
         * A group of a full moment with its rows and columns in another order, {@code (C, C)}.
         *
         * @param order of columns
         */
        public double[][] matrix(int group, int[] order) {
            var matrix = new double[order.length][order.length];
            try (var one = second.get(group)) {
                DoubleBuffer numbers = one.toByteBuffer(true).asDoubleBuffer();
                for (int i = 0; i < order.length; i++) {
                    for (int j = 0; j < order.length; j++) {
                        matrix[i][j] = numbers.get(order[i] * order.length + order[j]);
                    }
                }
            }
            return matrix;
        }
    }

    @Override
    public void close() {
        kept.close();
        module.close();
    }
}
