package dev.millrace.pruning;

import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.util.List;

/**
 * Removes the weights of smallest magnitude {@code |w|} (Han et al., "Learning both weights and connections", 2015), shared
 * out between tensors by a {@link Scope}. Cost: a few passes over the weights; LAMP sorts each tensor.
 */
final class Magnitude implements Technique<Magnitude.Options> {

    record Options(
            @Option(value = "Share of weights that become zero.", defaultValue = "0.5", allowed = "0 ≤ sparsity < 1")
            double sparsity,

            @Option(
                    value = "How the sparsity is shared out: the same in every layer, by one threshold over all, by"
                            + " LAMP scores, or by the Erdős–Rényi kernel rule.",
                    defaultValue = "\"lamp\"")
            Scope scope,

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
        return "magnitude";
    }

    @Override
    public String summary() {
        return "Sets the weights of smallest magnitude to zero.";
    }

    @Override
    public String useWhen() {
        return "The model should be smaller on disk or in transfer, and half of its weights can go without retraining.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var model = ModelGate.open(context.model());
        var weights = Weights.of(model, options.embeddings(), NodeGlobs.of("ignored", options.ignored(), model));
        context.progress(0, "sharing out");
        var zeros = options.scope().zeros(weights, options.sparsity());
        var pruned = new PrunedModel(model, options.format());
        for (int i = 0; i < zeros.length; i++) {
            context.progress(0.1 + 0.8 * i / zeros.length, "pruning");
            pruned.apply(weights.get(i), Smallest.of(weights.get(i), zeros[i]));
        }
        return pruned.write(context);
    }
}
