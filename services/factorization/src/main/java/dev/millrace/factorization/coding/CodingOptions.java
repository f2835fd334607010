package dev.millrace.factorization.coding;

import dev.millrace.stage.Option;
import dev.millrace.training.Recovery;
import java.util.List;

/** What all coding techniques can be told. */
record CodingOptions(
        @Option(
                value =
                        "How coded weights are written: indices and tables that the graph decodes, a small file; or plain"
                                + " weights of few different values, which millrace pack makes smallest.",
                defaultValue = "\"gather\"")
        Storage storage,

        @Option(
                value =
                        "Weigh errors by the mean square of the inputs that they multiply, where there is calibration data.",
                defaultValue = "true")
        boolean whiten,

        @Option(
                value = "Weights with fewer elements are left as they are.",
                defaultValue = "1024",
                allowed = "minimumElements ≥ 1")
        int minimumElements,

        @Option(
                value = "Layers to leave alone, by name, operator type or name of the weight, with * and ?.",
                defaultValue = "[]",
                allowed = "each must match something")
        List<String> ignored,

        Recovery recovery) {
    CodingOptions {
        if (minimumElements < 1) {
            throw new IllegalArgumentException("minimumElements=" + minimumElements);
        }
    }
}
