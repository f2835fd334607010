package dev.millrace.onnx.op;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Java values as TorchScript literals. */
public final class Literal {
    private Literal() {}

    static String of(long value) {
        // The parser reads a minus sign and a number, and the smallest number has no positive twin.
        return value == Long.MIN_VALUE ? "-9223372036854775807" : Long.toString(value);
    }

    /** A float attribute, as the double that it is. */
    public static String of(float value) {
        if (Float.isNaN(value)) {
            return "nan";
        }
        if (Float.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        return Double.toString(value);
    }

    static String of(long[] values) {
        return values.length == 0
                ? "annotate(List[int], [])"
                : Arrays.stream(values).mapToObj(Literal::of).collect(Collectors.joining(", ", "[", "]"));
    }

    static String of(float[] values) {
        if (values.length == 0) {
            return "annotate(List[float], [])";
        }
        var list = new StringBuilder("[");
        for (int i = 0; i < values.length; i++) {
            list.append(i == 0 ? "" : ", ").append(of(values[i]));
        }
        return list.append(']').toString();
    }

    /** Words of the specification only: letters, digits and underscores, so that a file cannot write code. */
    static String of(String text) {
        return "'" + text.replaceAll("[^A-Za-z0-9_]", "?") + "'";
    }

    static String of(List<String> texts) {
        return texts.isEmpty()
                ? "annotate(List[str], [])"
                : texts.stream().map(Literal::of).collect(Collectors.joining(", ", "[", "]"));
    }
}
