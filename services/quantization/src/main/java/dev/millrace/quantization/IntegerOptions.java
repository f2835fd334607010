package dev.millrace.quantization;

import dev.millrace.stage.Option;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Options of every technique whose result computes in 8-bit integers. */
record IntegerOptions(
        @Option(value = "A scale for each output channel of a weight instead of one.", defaultValue = "true")
        boolean perChannel,

        @Option(
                value = "Fit weights to processors whose sums of two 8-bit products saturate.",
                defaultValue = "\"auto\"",
                allowed = "auto tries this processor; on for x86 without VNNI; off for all others")
        Saturation saturation,

        @Option(
                value = "Nodes to leave in float, by name or operator type, with * and ?.",
                defaultValue = "[]",
                allowed = "each must match a node")
        List<String> ignored) {
    /** @param directory for a temporary model, when this processor must be tried */
    boolean saturates(Path directory) throws IOException {
        return saturation.holds(directory);
    }
}
