package dev.millrace.pruning;

import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Removes weights drawn at random, the same number in every layer's share: the control that any criterion must beat.
 * Selection sampling (Knuth, TAOCP 2, algorithm S) makes the number exact.
 */
final class RandomControl implements Technique<RandomControl.Options> {

    record Options(
            @Option(value = "Share of weights that become zero.", defaultValue = "0.5", allowed = "0 ≤ sparsity < 1")
            double sparsity,

            @Option(
                    value = "Layers to leave alone, by name, operator type or name of the weight, with * and ?.",
                    defaultValue = "[]",
                    allowed = "each must match something")
            List<String> ignored,

            @Option(value = "Prune tables of embeddings too.", defaultValue = "false")
            boolean embeddings,

            @Option(
                    value = "How zeros are stored: left out where that makes the file smaller, or like other weights.",
                    defaultValue = "\"sparse\"")
            Format format) {
        Options {
            if (!(sparsity >= 0 && sparsity < 1)) {
                throw new IllegalArgumentException("sparsity=" + sparsity);
            }
        }
    }

    @Override
    public String name() {
        return "random";
    }

    @Override
    public String summary() {
        return "Sets weights drawn at random to zero.";
    }

    @Override
    public String useWhen() {
        return "You want to know what a pruning criterion is worth: this is the control.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var model = ModelGate.open(context.model());
        var weights = Weights.of(model, options.embeddings(), NodeGlobs.of("ignored", options.ignored(), model));
        var zeros = Scope.LAYER.zeros(weights, options.sparsity());
        var pruned = new PrunedModel(model, options.format());
        var random = new SplittableRandom(context.seed());
        for (int i = 0; i < zeros.length; i++) {
            context.progress(0.9 * i / zeros.length, "pruning");
            var removed = sample(weights.get(i).elements(), zeros[i], random.split());
            pruned.apply(weights.get(i), (index, weight) -> removed.get((int) index));
        }
        return pruned.write(context);
    }

    /** {@code count} of {@code elements} positions, each set equally likely. */
    private static BitSet sample(long elements, long count, SplittableRandom random) {
        var chosen = new BitSet(Math.toIntExact(elements));
        long missing = count;
        for (int i = 0; missing > 0; i++) {
            if (random.nextLong(elements - i) < missing) {
                chosen.set(i);
                missing--;
            }
        }
        return chosen;
    }
}
