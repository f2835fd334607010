package dev.millrace.training;

import dev.millrace.engine.train.Loss;
import dev.millrace.message.RefusedException;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What labels are to a head, and the loss that follows. */
public sealed interface LabelKind {
    /** A class number for every list of scores. */
    record Classes() implements LabelKind {
        @Override
        public Loss loss(Head head, double smoothing) {
            return new Loss.CrossEntropy(head.value(), smoothing);
        }
    }

    /** Yes or no for every logit before a Sigmoid. */
    record Binary() implements LabelKind {
        @Override
        public Loss loss(Head head, double smoothing) {
            return new Loss.BinaryCrossEntropy(head.value());
        }
    }

    /** A number for every number of the output. */
    record Numbers() implements LabelKind {
        @Override
        public Loss loss(Head head, double smoothing) {
            return new Loss.MeanSquare(head.output());
        }
    }

    /**
     * Class numbers in their order, for scores {@code (N, T, C)} of as many steps or more; negative numbers fill up a row.
     *
     * @param blank the class that stands for nothing
     */
    record Sequences(int blank) implements LabelKind {
        @Override
        public Loss loss(Head head, double smoothing) {
            return new Loss.Ctc(head.value(), blank);
        }
    }

    /**
     * The loss of labels of this kind.
     *
     * @param smoothing share of a class label that is spread over all classes
     */
    Loss loss(Head head, double smoothing);

    /** @throws RefusedException {@code LABELS_MISSING} if a row has none */
    static LabelKind required(Optional<LabelKind> labels) {
        return labels.orElseThrow(() -> new RefusedException(
                "LABELS_MISSING", "training data", "rows without labels", "a label for every row; distill needs none"));
    }

    /**
     * The kind that fits.
     *
     * @param shape dims of the head's value for a batch
     * @param blank class that stands for nothing, where labels are sequences
     * @throws RefusedException {@code LABEL_OUT_OF_RANGE} if a class number is not among the scores, {@code
     *     LABELS_MISMATCH} if the labels are of another size than the head
     */
    static LabelKind of(LabelSummary labels, Head head, long[] shape, @Nullable Integer blank) {
        if (blank != null) {
            return sequences(labels, head, shape, blank);
        }
        long numbersPerRow = 1;
        for (int axis = 1; axis < shape.length; axis++) {
            numbersPerRow *= shape[axis];
        }
        long classes = shape.length < 2 ? 1 : shape[1];
        boolean perList = classes > 1 && labels.perRow() == numbersPerRow / classes;
        if (perList && labels.whole()) {
            requireRange(labels, 0, classes, head);
            return new Classes();
        }
        if (labels.perRow() != numbersPerRow) {
            throw new RefusedException(
                    "LABELS_MISMATCH",
                    "labels of the training data",
                    labels.perRow() + (labels.whole() ? " whole" : "") + " numbers a row",
                    "a class number for each list of scores on axis 1, or a number for each of output '" + head.output()
                            + "' " + Arrays.toString(shape) + "; sequences of class numbers want option ctcBlank");
        }
        boolean answers = labels.whole() && labels.least() >= 0 && labels.largest() <= 1;
        return head.kind() == Head.Kind.SIGMOID && answers ? new Binary() : new Numbers();
    }

    private static LabelKind sequences(LabelSummary labels, Head head, long[] shape, int blank) {
        if (shape.length != 3 || blank < 0 || blank >= shape[2]) {
            throw new RefusedException(
                    "LABELS_MISMATCH",
                    "option ctcBlank",
                    blank + " and output '" + head.output() + "' " + Arrays.toString(shape),
                    "scores (rows, steps, classes), and one of the classes");
        }
        if (!labels.whole() || labels.perRow() > shape[1]) {
            throw new RefusedException(
                    "LABELS_MISMATCH",
                    "labels of the training data",
                    labels.perRow() + (labels.whole() ? " whole" : "") + " numbers a row",
                    "at most " + shape[1] + " class numbers, as many as output '" + head.output() + "' has steps");
        }
        requireRange(labels, Long.MIN_VALUE, shape[2], head);
        return new Sequences(blank);
    }

    private static void requireRange(LabelSummary labels, long least, long classes, Head head) {
        if (labels.least() < least || labels.largest() >= classes) {
            throw new RefusedException(
                    "LABEL_OUT_OF_RANGE",
                    "labels of the training data",
                    "class numbers " + (long) labels.least() + " to " + (long) labels.largest(),
                    "0 to " + (classes - 1) + ", the " + classes + " scores of output '" + head.output() + "'");
        }
    }
}
