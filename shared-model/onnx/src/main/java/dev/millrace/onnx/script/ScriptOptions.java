package dev.millrace.onnx.script;

import java.util.List;
import java.util.function.Predicate;

/**
 * How a graph is compiled.
 *
 * @param outputs names of the values that the script returns, in order; empty means the outputs of the graph
 * @param differentiable whether it is to be trained: float16 and bfloat16 are computed in float32, rounding lets gradients
 *     through, integer weights behind a DequantizeLinear are weights, and formulas that libtorch has one operator for are
 *     computed by it, equal up to rounding
 * @param channelsLast whether convolution weights and 4-D inputs are kept channels-last; the results are the same
 * @param batchStatistics whether BatchNormalization normalizes by the batch and updates its statistics while training;
 *     otherwise they are frozen
 * @param trainable which float tensors may be trained, by name
 * @param bfloat16 whether convolutions and matrix products of float32 are computed in bfloat16, and the normalizations,
 *     activations and sums behind them up to the next operator that needs more; weights, updates and outputs are float32
 */
public record ScriptOptions(
        List<String> outputs,
        boolean differentiable,
        boolean channelsLast,
        boolean batchStatistics,
        Predicate<String> trainable,
        boolean bfloat16) {

    /** Computes what the file says, in the types it says. */
    public static ScriptOptions exact() {
        return new ScriptOptions(List.of(), false, false, false, name -> true, false);
    }

    /** What training wants: float32, channels-last convolutions, batch statistics updated. */
    public static ScriptOptions training() {
        return new ScriptOptions(List.of(), true, true, true, name -> true, false);
    }

    public ScriptOptions outputs(List<String> names) {
        return new ScriptOptions(
                List.copyOf(names), differentiable, channelsLast, batchStatistics, trainable, bfloat16);
    }

    public ScriptOptions batchStatistics(boolean updated) {
        return new ScriptOptions(outputs, differentiable, channelsLast, updated, trainable, bfloat16);
    }

    public ScriptOptions channelsLast(boolean on) {
        return new ScriptOptions(outputs, differentiable, on, batchStatistics, trainable, bfloat16);
    }

    public ScriptOptions trainable(Predicate<String> names) {
        return new ScriptOptions(outputs, differentiable, channelsLast, batchStatistics, names, bfloat16);
    }

    public ScriptOptions bfloat16(boolean on) {
        return new ScriptOptions(outputs, differentiable, channelsLast, batchStatistics, trainable, on);
    }
}
