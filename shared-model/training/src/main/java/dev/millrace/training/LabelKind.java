package dev.millrace.training;

import dev.millrace.engine.train.Loss;
import dev.millrace.message.RefusedException;
import java.util.Arrays;
import java.util.Optional;

/** What labels are to a head, and the loss that follows. */
public enum LabelKind {
    /** A class number for every list of scores. */
    CLASSES {
        @Override
        public Loss loss(Head head, double smoothing) {
            return new Loss.CrossEntropy(head.value(), smoothing);
        }
    },
    /** Yes or no for every logit before a Sigmoid. */
    BINARY {
        @Override
        public Loss loss(Head head, double smoothing) {
            return new Loss.BinaryCrossEntropy(head.value());
        }
    },
    /** A number for every number of the output. */
    NUMBERS {
        @Override
        public Loss loss(Head head, double smoothing) {
            return new Loss.MeanSquare(head.output());
        }
    };

    /**
     * The loss of labels of this kind.
     *
     * @param smoothing share of a class label that is spread over all classes
     */
    public abstract Loss loss(Head head, double smoothing);

    /** @throws RefusedException {@code LABELS_MISSING} if a row has none */
    static LabelKind required(Optional<LabelKind> labels) {
        return labels.orElseThrow(() -> new RefusedException(
                "LABELS_MISSING", "training data", "rows without labels", "a label for every row; distill needs none"));
    }

    /**
     * The kind that fits.
     *
     * @param shape dims of the head's value for a batch
     * @throws RefusedException {@code LABEL_OUT_OF_RANGE} if a class number is not among the scores, {@code
     *     LABELS_MISMATCH} if the labels are of another size than the head
     */
    static LabelKind of(LabelSummary labels, Head head, long[] shape) {
        long numbersPerRow = 1;
        for (int axis = 1; axis < shape.length; axis++) {
            numbersPerRow *= shape[axis];
        }
        long classes = shape.length < 2 ? 1 : shape[1];
        boolean perList = classes > 1 && labels.perRow() == numbersPerRow / classes;
        if (perList && labels.whole()) {
            if (labels.least() < 0 || labels.largest() >= classes) {
                throw new RefusedException(
                        "LABEL_OUT_OF_RANGE",
                        "labels of the training data",
                        "class numbers " + (long) labels.least() + " to " + (long) labels.largest(),
                        "0 to " + (classes - 1) + ", the " + classes + " scores of output '" + head.output() + "'");
            }
            return CLASSES;
        }
        if (labels.perRow() != numbersPerRow) {
            throw new RefusedException(
                    "LABELS_MISMATCH",
                    "labels of the training data",
                    labels.perRow() + (labels.whole() ? " whole" : "") + " numbers a row",
                    "a class number for each list of scores on axis 1, or a number for each of output '" + head.output()
                            + "' " + Arrays.toString(shape));
        }
        boolean answers = labels.whole() && labels.least() >= 0 && labels.largest() <= 1;
        return head.kind() == Head.Kind.SIGMOID && answers ? BINARY : NUMBERS;
    }
}
