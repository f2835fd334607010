package dev.millrace.onnx.gate;

import java.util.Set;

/**
 * How large and how strange a model may be. The defaults let through what people publish and stop bombs.
 *
 * @param fileBytes model file, without external data
 * @param valueBytes one tensor, stored or made from constants
 * @param nodes all graphs together, calls of model-local functions expanded
 * @param initializers all graphs together
 * @param depth subgraphs within subgraphs, functions calling functions
 * @param rank axes of a tensor
 * @param nameBytes a name
 * @param windowElements elements under a kernel or pooling window
 * @param loopTrips iterations of loops whose count is constant, nested loops multiplied
 * @param domains operator domains that native code may run; model-local functions come on top
 */
public record Limits(
        long fileBytes,
        long valueBytes,
        long nodes,
        long initializers,
        int depth,
        int rank,
        int nameBytes,
        long windowElements,
        long loopTrips,
        Set<String> domains) {

    /** Limits for models of up to 2 GiB a tensor. */
    public static final Limits DEFAULT = new Limits(
            Integer.MAX_VALUE,
            1L << 32,
            200_000,
            100_000,
            16,
            32,
            4096,
            1 << 20,
            1_000_000,
            Set.of(
                    "",
                    "ai.onnx",
                    "ai.onnx.ml",
                    "ai.onnx.training",
                    "ai.onnx.preview",
                    "ai.onnx.preview.training",
                    "com.microsoft"));

    public Limits {
        domains = Set.copyOf(domains);
    }
}
