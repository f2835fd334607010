package dev.millrace.factorization;

import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;

/**
 * Tucker-2: a convolution between two of 1×1 that make fewer channels of its input and more of its output (Kim et al.,
 * "Compression of deep convolutional neural networks for fast and low power mobile applications", 2016). Cost: two
 * eigenvalue decompositions for each layer, twice.
 */
final class Tucker implements Technique<LowRank.Options> {
    @Override
    public String name() {
        return "tucker2";
    }

    @Override
    public String summary() {
        return "Writes convolutions as a smaller one between two of 1×1.";
    }

    @Override
    public String useWhen() {
        return "A network with wide 3×3 convolutions should do fewer operations and be fine-tuned afterwards.";
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
        return new LowRank(new TuckerLayers(), options, context).run();
    }
}
