package dev.millrace.it.benchmark;

import java.util.List;
import java.util.Map;

/**
 * The technique that does what a case asks for.
 *
 * @param options in JSON
 */
record CaseOperation(String stage, String technique, String options) {
    private static final CaseOperation HALF_THE_CHANNELS =
            new CaseOperation("pruning", "structured", "{\"target\": \"channels\", \"amount\": 0.5}");

    /** Fine-tuning at a rate that no float notices, as 0 is no rate. */
    private static final CaseOperation NO_LEARNING = new CaseOperation(
            "distillation", "fine-tune", "{\"learningRate\": 1e-30, \"epochs\": 1, \"freezeBatchNorm\": true}");

    private static final Map<String, List<CaseOperation>> STRUCTURED = Map.of(
            "concat-same-twice", List.of(HALF_THE_CHANNELS),
            "c2f-split", List.of(HALF_THE_CHANNELS),
            "one-channel-head", List.of(HALF_THE_CHANNELS),
            "conv1d-flatten-linear", List.of(HALF_THE_CHANNELS));

    private static final Map<String, List<CaseOperation>> BY_CASE = Map.of(
            "tied-embedding", List.of(quantize("dynamic-int8", "{}")),
            "reused-block", List.of(quantize("static-int8", "{}")),
            "matmul-3d-weight", List.of(quantize("dynamic-int8", "{\"perChannel\": true}")),
            "output-is-matmul",
                    List.of(
                            quantize("weight-only", "{\"bits\": 4, \"blockSize\": 32}"),
                            quantize(
                                    "weight-only",
                                    "{\"bits\": 4, \"blockSize\": 32, \"format\": \"dequantizeLinear\"}"),
                            quantize("weight-only", "{\"algorithm\": \"rtn\"}"),
                            quantize("weight-only", "{\"algorithm\": \"hqq\"}")),
            "exclude-gemm", List.of(quantize("dynamic-int8", "{\"ignored\": \"/head/Gemm\"}")),
            "calib-variable-length",
                    List.of(
                            quantize("static-int8", "{\"method\": \"percentile\", \"percentile\": 99.99}"),
                            quantize("static-int8", "{\"method\": \"entropy\"}")),
            "zero-channels", List.of(quantize("static-int8", "{\"perChannel\": true}")),
            "fixed-batch",
                    List.of(
                            quantize("static-int8", "{}"),
                            new CaseOperation("evaluation", "compare", "{\"seconds\": 0.2}")),
            "unstructured-same-size",
                    List.of(new CaseOperation(
                            "pruning",
                            "magnitude",
                            "{\"sparsity\": 0.9, \"scope\": \"layer\", \"recovery\": \"none\"}")),
            "dropout-bn-settings", List.of(NO_LEARNING));

    private static CaseOperation quantize(String technique, String options) {
        return new CaseOperation("quantization", technique, options);
    }

    /** What to run for a case; empty if no technique does it yet. */
    static List<CaseOperation> of(String name) {
        return BY_CASE.getOrDefault(name, STRUCTURED.getOrDefault(name, List.of()));
    }

    @Override
    public String toString() {
        return stage + ":" + technique + (options.equals("{}") ? "" : " " + options);
    }
}
