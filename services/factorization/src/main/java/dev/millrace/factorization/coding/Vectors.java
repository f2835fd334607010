package dev.millrace.factorization.coding;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.millrace.engine.Value;
import dev.millrace.engine.torch.ScriptModule;
import dev.millrace.engine.torch.TorchModule;
import dev.millrace.engine.torch.TorchValues;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Runs of a weight as vectors, {@code (n, length)}, and the codebooks and dictionaries that fit them, in libtorch, in single
 * precision. Codebooks are learned from a sample of 256 vectors for each entry; everything is then coded in pieces.
 */
final class Vectors implements AutoCloseable {
    private static final int SAMPLES_OF_AN_ENTRY = 256;
    private static final int PIECE = 1 << 15;

    private final TorchModule module;
    private final long seed;

    private Vectors(TorchModule module, long seed) {
        this.module = module;
        this.seed = seed;
    }

    static Vectors open(StageContext context) throws IOException {
        return new Vectors(
                ScriptModule.library(Vectors.class, List.of("vectors"), context.workDirectory(), context.threads()),
                context.seed());
    }

    /** The vectors of one weight; zeros behind its last element. */
    static final class Runs {
        private final int length;
        private final float[] values;
        private final float[] importance;

        /**
         * Cuts a weight into runs.
         *
         * @param values flattened
         * @param importance of each element, empty if all count alike
         */
        Runs(int length, float[] values, float[] importance) {
            this.length = length;
            int padded = (values.length + length - 1) / length * length;
            this.values = Arrays.copyOf(values, padded);
            this.importance = importance.length == 0 ? importance : Arrays.copyOf(importance, padded);
        }

        int count() {
            return values.length / length;
        }

        /** Elements {@code (count, length)} of some runs. */
        private float[] values(int from, int count) {
            return Arrays.copyOfRange(values, from * length, (from + count) * length);
        }

        private float[] importance(int from, int count) {
            if (importance.length == 0) {
                var ones = new float[count * length];
                Arrays.fill(ones, 1);
                return ones;
            }
            return Arrays.copyOfRange(importance, from * length, (from + count) * length);
        }

        /** Some of the runs, drawn without replacement; all if there are no more. */
        private Runs sample(int most, Random random) {
            if (count() <= most) {
                return this;
            }
            var order = random.ints(0, count()).distinct().limit(most).toArray();
            var drawn = new float[most * length];
            var costs = importance.length == 0 ? importance : new float[most * length];
            for (int i = 0; i < most; i++) {
                System.arraycopy(values, order[i] * length, drawn, i * length, length);
                if (costs.length > 0) {
                    System.arraycopy(importance, order[i] * length, costs, i * length, length);
                }
            }
            return new Runs(length, drawn, costs);
        }

        /** What is left when the entries of a term are taken off. */
        Runs without(Term term) {
            var rest = values.clone();
            term.addTo(rest, -1);
            return new Runs(length, rest, importance);
        }
    }

    /** The nearest entry for each run, of a codebook that is learned from them. */
    Term quantized(Runs runs, int entries) {
        var random = new Random(seed);
        int length = runs.length;
        int most = Math.min(entries, runs.count());
        var sample = runs.sample(SAMPLES_OF_AN_ENTRY * most, random);
        var start = sample.sample(most, random);
        Table table;
        try (var scope = module.scope()) {
            var learned = module.call(
                    scope,
                    "k_means",
                    false,
                    List.of(
                            array(scope, sample.values(0, sample.count()), length),
                            array(scope, sample.importance(0, sample.count()), length),
                            array(scope, start.values(0, most), length)));
            table = new Table(length, floats(learned.get(0)));
        }
        var indices = new byte[runs.count()];
        for (int from = 0; from < indices.length; from += PIECE) {
            int count = Math.min(PIECE, indices.length - from);
            try (var scope = module.scope()) {
                var nearest = module.call(
                        scope,
                        "nearest",
                        false,
                        List.of(
                                array(scope, runs.values(from, count), length),
                                array(scope, runs.importance(from, count), length),
                                array(scope, table.values(), length)));
                copy(nearest.get(0), indices, from);
            }
        }
        return new Term(table, indices);
    }

    /**
     * Runs as sums of a few atoms of a dictionary that is learned from them, each times an integer of 8 bits.
     *
     * @param count of atoms for each run
     */
    Code sparse(Runs runs, int elements, int entries, int count) {
        var random = new Random(seed);
        int length = runs.length;
        int most = Math.min(entries, runs.count());
        var sample = runs.sample(SAMPLES_OF_AN_ENTRY * most, random);
        var start = sample.sample(most, random);
        float[] atoms;
        try (var scope = module.scope()) {
            var learned = module.call(
                    scope,
                    "dictionary",
                    false,
                    List.of(
                            array(scope, sample.values(0, sample.count()), length),
                            array(scope, sample.importance(0, sample.count()), length),
                            array(scope, start.values(0, most), length),
                            array(scope, new float[count], 1)));
            atoms = floats(learned.get(0));
        }
        var chosen = new long[runs.count() * count];
        var gains = new float[chosen.length];
        for (int from = 0; from < runs.count(); from += PIECE) {
            int piece = Math.min(PIECE, runs.count() - from);
            try (var scope = module.scope()) {
                var pursued = module.call(
                        scope,
                        "pursue",
                        false,
                        List.of(
                                array(scope, runs.values(from, piece), length),
                                array(scope, atoms, length),
                                array(scope, new float[count], 1)));
                TorchValues.value(pursued.get(0)).longs().get(chosen, from * count, piece * count);
                TorchValues.value(pursued.get(1)).floats().get(gains, from * count, piece * count);
            }
        }
        return rounded(new Table(length, atoms), elements, count, chosen, gains);
    }

    /** @param chosen {@code (n, count)}, as are the gains */
    private static Code rounded(Table table, int elements, int count, long[] chosen, float[] gains) {
        float largest = Float.MIN_NORMAL;
        for (float gain : gains) {
            largest = Math.max(largest, Math.abs(gain));
        }
        float step = largest / Byte.MAX_VALUE;
        var terms = new ArrayList<Term>();
        for (int t = 0; t < count; t++) {
            var indices = new byte[chosen.length / count];
            var rounded = new byte[indices.length];
            for (int i = 0; i < indices.length; i++) {
                indices[i] = (byte) chosen[i * count + t];
                rounded[i] = (byte) Math.round(gains[i * count + t] / step);
            }
            terms.add(new Term(table, indices, rounded));
        }
        return new Code(elements, step, terms);
    }

    private static void copy(NDArray indices, byte[] to, int at) {
        var longs = TorchValues.value(indices).longs();
        for (int i = 0; longs.hasRemaining(); i++) {
            to[at + i] = (byte) longs.get();
        }
    }

    private static NDArray array(PtNDManager scope, float[] values, int length) {
        return TorchValues.array(scope, "vectors", Value.of(values, values.length / length, length), false);
    }

    private static float[] floats(NDArray array) {
        var value = TorchValues.value(array);
        var floats = new float[Math.toIntExact(value.size())];
        value.floats().get(floats);
        return floats;
    }

    @Override
    public void close() {
        module.close();
    }
}
