package dev.millrace.pruning.structured;

/** What an amount of pruning is a share of. */
enum Target {
    /** Channels of every group. */
    CHANNELS,
    /** Numbers of floating point in the file. */
    PARAMETERS,
    /** Multiply-accumulates of one sample. */
    MACS,
    /** Time of one sample in ONNX Runtime on this machine, measured. */
    LATENCY;

    /** What is left of the whole, 0..1; of multiply-accumulates where it is time that counts. */
    double left(Size whole, Size size) {
        return switch (this) {
            case CHANNELS -> size.channels() / (double) whole.channels();
            case PARAMETERS -> size.parameters() / (double) whole.parameters();
            case MACS, LATENCY -> size.macs() / (double) whole.macs();
        };
    }

    /** Whether it needs multiply-accumulates that can be counted. */
    boolean counts() {
        return this == MACS || this == LATENCY;
    }
}
