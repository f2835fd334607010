package dev.millrace.onnx.script;

import java.util.List;
import java.util.function.Predicate;

/**
 * How a graph is compiled.
 *
 * @param outputs names of the values that the script returns, in order; empty means the outputs of the graph
 * @param widened whether float16 and bfloat16 are computed in float32, as training wants it
 * @param channelsLast whether convolution weights and 4-D inputs are kept channels-last; the results are the same
 * @param batchStatistics whether BatchNormalization normalizes by the batch and updates its statistics while training;
 *     otherwise they are frozen
 * @param trainable which float tensors may be trained, by name
 */
public record ScriptOptions(
        List<String> outputs,
        boolean widened,
        boolean channelsLast,
        boolean batchStatistics,
        Predicate<String> trainable) {

    /** Computes what the file says, in the types it says. */
    public static ScriptOptions exact() {
        return new ScriptOptions(List.of(), false, false, false, name -> true);
    }

    /** What training wants: float32, channels-last convolutions, batch statistics updated. */
    public static ScriptOptions training() {
        return new ScriptOptions(List.of(), true, true, true, name -> true);
    }

    public ScriptOptions outputs(List<String> names) {
        return new ScriptOptions(List.copyOf(names), widened, channelsLast, batchStatistics, trainable);
    }

    public ScriptOptions batchStatistics(boolean updated) {
        return new ScriptOptions(outputs, widened, channelsLast, updated, trainable);
    }

    public ScriptOptions channelsLast(boolean on) {
        return new ScriptOptions(outputs, widened, on, batchStatistics, trainable);
    }

    public ScriptOptions trainable(Predicate<String> names) {
        return new ScriptOptions(outputs, widened, channelsLast, batchStatistics, names);
    }
}
