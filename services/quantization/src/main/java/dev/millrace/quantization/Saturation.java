package dev.millrace.quantization;

import java.io.IOException;
import java.nio.file.Path;

/** Whether weights must be fitted to processors whose sums of two 8-bit products saturate. */
enum Saturation {
    AUTO,
    ON,
    OFF;

    /** @param directory for a temporary model, when this processor must be tried */
    boolean holds(Path directory) throws IOException {
        return this == ON || (this == AUTO && SaturationProbe.saturates(directory));
    }
}
