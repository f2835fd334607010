package dev.millrace.factorization;

import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;

/**
 * A convolution with a kernel of H×W as one of H×1 and one of 1×W behind it (Jaderberg et al., "Speeding up convolutional
 * neural networks with low rank expansions", 2014). Cost: one singular value decomposition for each layer, twice.
 */
final class SpatialSvd implements Technique<LowRank.Options> {
    @Override
    public String name() {
        return "spatial-svd";
    }

    @Override
    public String summary() {
        return "Writes convolutions as a vertical and a horizontal one.";
    }

    @Override
    public String useWhen() {
        return "A network with 3×3 or larger kernels should do fewer operations.";
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
        return new LowRank(new SpatialLayers(), options, context).run();
    }
}
