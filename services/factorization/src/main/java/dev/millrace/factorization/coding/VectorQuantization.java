package dev.millrace.factorization.coding;

import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.util.ArrayList;

/**
 * Vector quantization: each run of {@code length} weights is an entry of a codebook, {@code min Σ_r ‖h_r ∘ (w_r −
 * T[i_r])²‖₁} (product quantization as in Gong et al., "Compressing deep convolutional networks using vector quantization",
 * 2014, with one codebook for all parts of a layer as in Stock et al., "And the bit goes down", 2020). With more stages each
 * codes what those before left (residual quantization). Training moves the entries.
 *
 * <p>A weight takes {@code stages · log2(entries) / length} bits, and its codebooks. Cost: k-means of 256 vectors for each
 * entry, then {@code entries} multiply-accumulates for each weight and stage.
 */
public final class VectorQuantization implements Technique<VectorQuantization.Options> {
    record Options(
            @Option(value = "Weights side by side that make a vector.", defaultValue = "4", allowed = "1..64")
            int length,

            @Option(value = "Vectors of a codebook.", defaultValue = "256", allowed = "2..256")
            int entries,

            @Option(value = "Codebooks, each for what those before it leave.", defaultValue = "2", allowed = "1..8")
            int stages,

            CodingOptions coding) {
        Options {
            if (length < 1 || length > 64) {
                throw new IllegalArgumentException("length=" + length);
            }
            if (entries < 2 || entries > 256) {
                throw new IllegalArgumentException("entries=" + entries);
            }
            if (stages < 1 || stages > 8) {
                throw new IllegalArgumentException("stages=" + stages);
            }
        }
    }

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public String summary() {
        return "Replaces runs of weights by entries of codebooks, in one stage or several.";
    }

    @Override
    public String useWhen() {
        return "A weight should take 1 to 4 bits without an entropy coder behind, and there is training data for recovery.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public boolean belongsToMachine(Options options) {
        return true; // it is timed
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        try (var vectors = Vectors.open(context)) {
            return new CodingRun(options.coding(), context)
                    .run(Coding.each(
                            (weight, evidence) -> code(options, weight, evidence.importance(weight), vectors)));
        }
    }

    private static Code code(Options options, CodableWeight weight, float[] importance, Vectors vectors) {
        var values = weight.tensor().floats();
        float scale = Clusters.scaled(values);
        var rest = new Vectors.Runs(options.length(), values, importance);
        var terms = new ArrayList<Term>();
        for (int stage = 0; stage < options.stages(); stage++) {
            var term = vectors.quantized(rest, options.entries());
            terms.add(term);
            rest = rest.without(term);
        }
        return new Code(values.length, scale, terms);
    }
}
