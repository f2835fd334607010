package dev.millrace.onnx.gate;

import java.util.regex.Pattern;

/** Equations of Einsum: labelled axes, an ellipsis per term at most, and an output made of labels that exist. */
final class EinsumRule {
    private static final Pattern TERM = Pattern.compile("[A-Za-z]*(\\.\\.\\.)?[A-Za-z]*");
    private static final int MAX_LENGTH = 512;

    private EinsumRule() {}

    static void check(NodeCheck check) {
        var equation = check.node().text("equation", "").replace(" ", "");
        check.require(
                !equation.isEmpty() && equation.length() <= MAX_LENGTH,
                "EINSUM_EQUATION",
                "an equation of " + equation.length() + " characters",
                "1 to " + MAX_LENGTH);
        var sides = equation.split("->", -1);
        check.require(sides.length <= 2, "EINSUM_EQUATION", "'" + equation + "'", "one arrow at most");
        var terms = sides[0].split(",", -1);
        check.require(
                terms.length == check.node().inputs().size(),
                "EINSUM_EQUATION",
                terms.length + " terms in '" + equation + "'",
                check.node().inputs().size() + ", one per input");
        for (var term : terms) {
            check.require(
                    TERM.matcher(term).matches(), "EINSUM_EQUATION", "term '" + term + "'", "letters and one '...'");
        }
        if (sides.length == 2) {
            checkOutput(check, sides[0], sides[1]);
        }
    }

    private static void checkOutput(NodeCheck check, String inputs, String output) {
        check.require(
                TERM.matcher(output).matches(), "EINSUM_EQUATION", "output '" + output + "'", "letters and one '...'");
        var labels = output.replace(".", "");
        check.require(
                labels.chars().distinct().count() == labels.length()
                        && labels.chars().allMatch(label -> inputs.indexOf(label) >= 0),
                "EINSUM_EQUATION",
                "output '" + output + "'",
                "labels of the inputs, each once");
    }
}
