package dev.millrace.onnx.script;

import dev.millrace.onnx.ValueInfo;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A compiled graph.
 *
 * @param inputs what the graph wants to be fed; the script calls them {@code x0}, {@code x1} …. A list of tensors has one
 *     more in front, which is not read: DJL cannot hand over an empty list
 * @param outputs names of the values that {@code forward} returns as a list of tensors, in order
 * @param lists outputs that are lists of tensors: {@code forward} returns their elements in place, and at the end one more
 *     tensor with the length of each
 * @param slots tensors of the module
 * @param forward source of the method {@code forward}
 * @param batchStatistics whether training updates the statistics of BatchNormalization
 */
public record Script(
        List<ValueInfo> inputs,
        List<String> outputs,
        List<String> lists,
        List<Slot> slots,
        String forward,
        boolean batchStatistics) {

    /** {@code x0: Tensor, x1: Tensor}: the parameters of {@code forward} and of methods that call it. */
    public String signature() {
        return IntStream.range(0, inputs.size())
                .mapToObj(i -> "x" + i + ": " + (inputs.get(i).isSequence() ? "List[Tensor]" : "Tensor"))
                .collect(Collectors.joining(", "));
    }

    /** {@code x0, x1}: the parameters handed on. */
    public String arguments() {
        return IntStream.range(0, inputs.size()).mapToObj(i -> "x" + i).collect(Collectors.joining(", "));
    }

    /** The tensors that training changes by gradient. */
    public List<Slot> weights() {
        return slots.stream().filter(Slot::trained).toList();
    }

    /** The tensors that training changes: weights, and statistics where they are updated. */
    public List<Slot> changing() {
        return slots.stream()
                .filter(slot -> slot.trained() || (batchStatistics && slot.role() == Slot.Role.STATISTIC))
                .toList();
    }
}
