package dev.millrace.quantization;

import dev.millrace.engine.Value;
import java.util.List;
import java.util.Map;

/**
 * What running a model on calibration data showed.
 *
 * @param ranges tensor to the range chosen for it; tensors that held no number are missing
 * @param samples rows of data used
 * @param references the first feeds and what the float model answered
 */
record Calibration(Map<String, Range> ranges, long samples, List<Reference> references) {

    Calibration withRanges(Map<String, Range> others) {
        return new Calibration(others, samples, references);
    }

    /**
     * A feed and its answers.
     *
     * @param outputs float outputs by name, copies
     */
    record Reference(Map<String, Value> feed, Map<String, Value> outputs) {}
}
