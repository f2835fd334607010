package dev.millrace.factorization;

import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;

/**
 * CP decomposition: {@code W[o, i, k] ≈ Σ_r A[o, r]·B[i, r]·C[k, r]}, a convolution of each of R channels by itself between
 * two of 1×1 (Lebedev et al., "Speeding-up convolutional neural networks using fine-tuned CP-decomposition", 2015, here with
 * the kernel's axes kept together). Alternating least squares, begun at the leading singular vectors of the unfolded weight
 * and damped towards the last solution (Navasca et al., "Swamp reducing technique for tensor decomposition", 2008); ranks
 * whose terms grow and cancel each other (Phan et al., "Stable low-rank tensor decomposition", 2020) are not used. Cost: up
 * to 100 sweeps for each of six ranks of a layer, a sweep three products as large as the weight times the rank.
 */
final class Cp implements Technique<LowRank.Options> {
    @Override
    public String name() {
        return "cp";
    }

    @Override
    public String summary() {
        return "Writes convolutions as one for each channel alone between two of 1×1.";
    }

    @Override
    public String useWhen() {
        return "Convolutions should become much smaller than tucker2 makes them, and there is training data for recovery.";
    }

    @Override
    public Class<LowRank.Options> options() {
        return LowRank.Options.class;
    }

    @Override
    public boolean belongsToMachine(LowRank.Options options) {
        return true; // layers that would become slower stay
    }

    @Override
    public StageResult run(LowRank.Options options, StageContext context) throws IOException {
        return new LowRank(new CpLayers(), options, context).run();
    }
}
