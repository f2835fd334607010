package dev.millrace.training;

import dev.millrace.engine.Value;

/**
 * What the labels of a data set are like.
 *
 * @param perRow numbers for one row
 * @param whole whether every label is a whole number
 * @param least smallest label
 * @param largest largest label
 */
record LabelSummary(long perRow, boolean whole, double least, double largest) {
    static LabelSummary of(Value labels) {
        boolean whole = true;
        double least = Double.POSITIVE_INFINITY;
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < labels.size(); i++) {
            double label = labels.number(i);
            whole &= label == Math.rint(label);
            least = Math.min(least, label);
            largest = Math.max(largest, label);
        }
        long rows = labels.rank() == 0 ? 1 : Math.max(1, labels.dim(0));
        return new LabelSummary(labels.size() / rows, whole, least, largest);
    }

    LabelSummary and(LabelSummary other) {
        return new LabelSummary(
                Math.max(perRow, other.perRow),
                whole && other.whole,
                Math.min(least, other.least),
                Math.max(largest, other.largest));
    }
}
