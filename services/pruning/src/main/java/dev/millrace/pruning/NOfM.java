package dev.millrace.pruning;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;

/**
 * Keeps the N largest of every M weights that follow each other along the input channels (Mishra et al., "Accelerating
 * sparse deep neural networks", 2021): what sparse matrix units run twice as fast, 2:4. Weights whose input channels are
 * no multiple of M stay as they are and are named in the report. Cost: one pass, one tensor in memory.
 */
final class NOfM implements Technique<NOfM.Options> {

    record Options(
            @Option(value = "Weights kept of each group.", defaultValue = "2", allowed = "1 ≤ n < m")
            int n,

            @Option(value = "Size of a group.", defaultValue = "4", allowed = "2 ≤ m ≤ 64")
            int m,

            @Option(
                    value = "Layers to leave alone, by name, operator type or name of the weight, with * and ?.",
                    defaultValue = "[]",
                    allowed = "each must match something")
            List<String> ignored,

            @Option(
                    value = "How zeros are stored: left out where that makes the file smaller, or like other weights.",
                    defaultValue = "\"dense\"")
            Format format) {
        Options {
            if (m < 2 || m > 64) {
                throw new IllegalArgumentException("m=" + m);
            }
            if (n < 1 || n >= m) {
                throw new IllegalArgumentException("n=" + n);
            }
        }
    }

    @Override
    public String name() {
        return "n-of-m";
    }

    @Override
    public String summary() {
        return "Keeps the n largest of every m neighbouring weights, 2:4 by default.";
    }

    @Override
    public String useWhen() {
        return "The model will run on hardware with sparse matrix units, or you want a regular pattern.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var model = ModelGate.open(context.model());
        var weights = Weights.of(model, false, NodeGlobs.of("ignored", options.ignored(), model));
        var grouped =
                weights.stream().filter(weight -> divides(options.m(), weight)).toList();
        if (grouped.isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_PRUNE",
                    "model",
                    "no weight whose input channels are a multiple of " + options.m(),
                    "at least one");
        }
        var pruned = new PrunedModel(model, options.format());
        for (int i = 0; i < grouped.size(); i++) {
            context.progress(0.9 * i / grouped.size(), "pruning");
            var removed = removed(grouped.get(i), options.n(), options.m());
            pruned.apply(grouped.get(i), (index, weight) -> removed.get((int) index));
        }
        weights.stream()
                .filter(weight -> !grouped.contains(weight))
                .forEach(weight -> pruned.note("%s stays dense: its %d input channels are no multiple of %d."
                        .formatted(weight.tensor(), weight.tensor().dim(axis(weight)), options.m())));
        return pruned.write(context);
    }

    private static int axis(Weight weight) {
        return weight.uses().get(0).inputAxis();
    }

    /** All uses sum along one axis, and it splits into whole groups. */
    private static boolean divides(int m, Weight weight) {
        return weight.uses().stream().allMatch(use -> use.inputAxis() == axis(weight))
                && weight.tensor().dim(axis(weight)) % m == 0;
    }

    /** Positions removed: in each group all but the n largest, of equal ones the last. */
    private static BitSet removed(Weight weight, int n, int m) {
        var values = weight.tensor().floats();
        int axis = axis(weight);
        int inner = 1;
        for (int later = axis + 1; later < weight.tensor().rank(); later++) {
            inner *= (int) weight.tensor().dim(later);
        }
        int channels = (int) weight.tensor().dim(axis);
        var removed = new BitSet(values.length);
        for (int block = 0; block < values.length; block += channels * inner) {
            for (int channel = 0; channel < channels; channel += m) {
                for (int offset = 0; offset < inner; offset++) {
                    removeFromGroup(values, block + channel * inner + offset, inner, n, m, removed);
                }
            }
        }
        return removed;
    }

    private static void removeFromGroup(float[] values, int first, int stride, int n, int m, BitSet removed) {
        for (int i = 0; i < m; i++) {
            int key = OrderStatistic.key(values[first + i * stride]);
            int larger = 0;
            for (int j = 0; j < m; j++) {
                int other = OrderStatistic.key(values[first + j * stride]);
                larger += other > key || (other == key && j < i) ? 1 : 0;
            }
            if (larger >= n) {
                removed.set(first + i * stride);
            }
        }
    }
}
