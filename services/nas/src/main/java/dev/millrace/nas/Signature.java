package dev.millrace.nas;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What candidates must take and give, as the model of the request does.
 *
 * @param inputs of the model, initializers not among them
 * @param output name of the first output
 * @param classes numbers of a row of it
 */
record Signature(List<ValueInfo> inputs, String output, int classes) {
    /** @throws RefusedException {@code SPACE_MISFIT} if the first output is not one list of scores a row */
    static Signature of(Model model) {
        var graph = model.graph();
        var output = graph.outputs().get(0);
        var shape = output.shape().orElse(List.of());
        if (shape.size() != 2 || !shape.get(1).isFixed()) {
            throw new RefusedException(
                    "SPACE_MISFIT",
                    "output '" + output.name() + "' of the model",
                    shape.toString(),
                    "(batch, classes), the number of classes fixed");
        }
        return new Signature(List.copyOf(graph.requiredInputs()), output.name(), (int)
                shape.get(1).size());
    }

    /** The only input, {@code (batch, channels, height, width)} of floats. */
    ValueInfo image() {
        var first = inputs.get(0);
        var shape = first.shape().orElse(List.of());
        boolean fits = inputs.size() == 1
                && first.type().isFloatingPoint()
                && shape.size() == 4
                && shape.subList(1, 4).stream().allMatch(Dimension::isFixed);
        if (!fits) {
            throw misfit(
                    "one of floats for a space of images, (batch, channels, height, width), all but the batch fixed");
        }
        return first;
    }

    /** The input of token numbers, {@code (batch, tokens)}: the first one of integers that is no mask. */
    ValueInfo tokens() {
        return inputs.stream()
                .filter(input -> isTokens(input) && !isMask(input))
                .findFirst()
                .orElseThrow(() -> misfit("one of int64 for a space of sequences, (batch, tokens)"));
    }

    /** The input that says which tokens count, if there is one. */
    Optional<ValueInfo> mask() {
        return inputs.stream().filter(input -> isTokens(input) && isMask(input)).findFirst();
    }

    private static boolean isTokens(ValueInfo input) {
        return input.type() == DataType.INT64
                && input.shape().filter(shape -> shape.size() == 2).isPresent();
    }

    private static boolean isMask(ValueInfo input) {
        return input.name().toLowerCase(Locale.ROOT).contains("mask");
    }

    private RefusedException misfit(String allowed) {
        var found = inputs.stream()
                .map(input -> input.name() + " " + input.type() + input.shape().orElse(List.of()))
                .toList();
        return new RefusedException("SPACE_MISFIT", "inputs of the model", found.toString(), allowed);
    }
}
