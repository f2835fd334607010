package dev.millrace.factorization.coding;

import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Weight clustering: every weight is one of {@code 2^bits} centroids, {@code min Σ h_k (w_kn − c_i(kn))²} with {@code h_k}
 * the mean square of the input that the weight multiplies (Han et al., "Deep Compression", 2016; weighted as in Stock et al.,
 * "And the bit goes down", 2020). Inputs are rounded one after the other, and those that are not yet take out what the others
 * did to the outputs (Frantar et al., "GPTQ", 2023). With an entropy limit, rare centroids cost more than frequent ones (Choi
 * et al., "Towards the limit of network quantization", 2017). Training moves the centroids: the gradient of one is the sum
 * over its members.
 *
 * <p>Weights that pruning made zero stay zero. Cost: a few passes over a weight, and with calibration data the inverse of a
 * square matrix for each layer.
 */
public final class Cluster implements Technique<Cluster.Options> {
    record Options(
            @Option(
                    value = "Bits of an index: at most two to that power centroids.",
                    defaultValue = "4",
                    allowed = "2..8")
            int bits,

            @Option(
                    value = "The same for tables that rows are looked up in, which need fewer; null for bits.",
                    defaultValue = "null",
                    allowed = "2..8")
            @Nullable
            Integer tableBits,

            @Option(
                    value =
                            "Bits a weight may take on average behind an entropy coder, as in millrace pack; null for no limit.",
                    defaultValue = "null",
                    allowed = "above 0")
            @Nullable
            Double entropyBits,

            @Option(
                    value =
                            "Make up by later weights for what rounding earlier ones does to the outputs of a layer, where"
                                    + " there is calibration data.",
                    defaultValue = "true")
            boolean compensate,

            @Option(
                    value = "Whose centroids they are: each weight's, or all layers' up to a scale, and all tables'.",
                    defaultValue = "\"layer\"")
            Scope codebooks,

            CodingOptions coding) {
        Options {
            if (bits < 2 || bits > 8) {
                throw new IllegalArgumentException("bits=" + bits);
            }
            if (tableBits != null && (tableBits < 2 || tableBits > 8)) {
                throw new IllegalArgumentException("tableBits=" + tableBits);
            }
            if (entropyBits != null && !(entropyBits > 0)) {
                throw new IllegalArgumentException("entropyBits=" + entropyBits);
            }
        }

        /** Most centroids of a weight. */
        int entries(CodableWeight weight) {
            return 1 << (weight.isTable() && tableBits != null ? tableBits : bits);
        }
    }

    /** Whose centroids they are. */
    enum Scope {
        LAYER {
            @Override
            Collection<List<CodableWeight>> groups(List<CodableWeight> weights) {
                return weights.stream().map(List::of).toList();
            }
        },

        SHARED {
            @Override
            Collection<List<CodableWeight>> groups(List<CodableWeight> weights) {
                return weights.stream().collect(Collectors.partitioningBy(CodableWeight::isTable)).values().stream()
                        .filter(group -> !group.isEmpty())
                        .toList();
            }
        };

        /** Weights with the same centroids. */
        abstract Collection<List<CodableWeight>> groups(List<CodableWeight> weights);
    }

    @Override
    public String name() {
        return "cluster";
    }

    @Override
    public String summary() {
        return "Gives weights a few different values, found by k-means and trained further.";
    }

    @Override
    public String useWhen() {
        return "The file should shrink to an eighth or less and run as fast as before, on any runtime.";
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
        return new CodingRun(options.coding(), context).run((weights, evidence, progress) -> {
            var coded = new IdentityHashMap<CodableWeight, Code>();
            for (var group : options.codebooks().groups(weights)) {
                progress.accept(coded.size() / (double) weights.size());
                var codes = new Clusters(options, evidence, group).codes();
                for (int i = 0; i < codes.size(); i++) {
                    coded.put(group.get(i), codes.get(i));
                }
            }
            return weights.stream()
                    .map(weight -> Objects.requireNonNull(coded.get(weight)))
                    .toList();
        });
    }
}
