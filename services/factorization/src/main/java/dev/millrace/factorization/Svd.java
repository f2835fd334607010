package dev.millrace.factorization;

import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;

/**
 * Truncated singular value decomposition of MatMul, Gemm and Conv, to the weights or, with calibration data, to what the
 * layers answer on it (whitening, as in SVD-LLM: Wang et al., 2024). Cost: an eigenvalue decomposition of the smaller side
 * of each weight, twice.
 */
final class Svd implements Technique<LowRank.Options> {
    @Override
    public String name() {
        return "svd";
    }

    @Override
    public String summary() {
        return "Writes weights of MatMul, Gemm and Conv as products of two thin ones.";
    }

    @Override
    public String useWhen() {
        return "A transformer or a network with wide layers should do fewer operations and be fine-tuned afterwards.";
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
        return new LowRank(new SvdLayers(), options, context).run();
    }
}
