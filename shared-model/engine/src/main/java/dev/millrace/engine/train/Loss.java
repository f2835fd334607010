package dev.millrace.engine.train;

import java.util.function.UnaryOperator;

/**
 * How far a value of the graph is from its target: one number, the mean over a batch.
 *
 * <p>Classes are on axis 1 of an output, as in {@code (N, C)} and {@code (N, C, H, W)}.
 */
public sealed interface Loss {
    /** The target that is the labels of the data; every other target is an output of a teacher, by name. */
    String LABELS = "labels";

    /** Name of the value in the graph. */
    String value();

    /** Name of the target; empty where the loss compares with nothing. */
    String target();

    /** TorchScript for the loss of a value and its target, both expressions. */
    String script(String value, String target);

    /** TorchScript for the fraction of right answers; empty where there is none. */
    default String accuracy(String value, String target) {
        return "";
    }

    /**
     * Cross-entropy of class logits.
     *
     * @param smoothing share of the probability that is spread over all classes, 0..1
     */
    record CrossEntropy(String value, double smoothing) implements Loss {
        @Override
        public String target() {
            return LABELS;
        }

        @Override
        public String script(String value, String target) {
            return "op.class_loss(%s, %s, %s)".formatted(value, target, smoothing);
        }

        @Override
        public String accuracy(String value, String target) {
            return "op.accuracy(%s, %s)".formatted(value, target);
        }
    }

    /** Cross-entropy of independent yes-or-no logits. */
    record BinaryCrossEntropy(String value) implements Loss {
        @Override
        public String target() {
            return LABELS;
        }

        @Override
        public String script(String value, String target) {
            return "op.binary_loss(%s, %s)".formatted(value, target);
        }
    }

    /**
     * Connectionist temporal classification (Graves et al., 2006): the probability of a row's labels in their order, however
     * they lie in time. The value is {@code (N, T, C)}, logits or logarithms of probabilities; the labels are {@code (N, L)}
     * class numbers, behind the last of a row negative ones.
     *
     * @param blank the class that stands for nothing
     */
    record Ctc(String value, int blank) implements Loss {
        @Override
        public String target() {
            return LABELS;
        }

        @Override
        public String script(String value, String target) {
            return "op.ctc_loss(%s, %s, %s)".formatted(value, target, blank);
        }
    }

    /** Mean square of the difference to the labels. */
    record MeanSquare(String value) implements Loss {
        @Override
        public String target() {
            return LABELS;
        }

        @Override
        public String script(String value, String target) {
            return "op.mean_square(%s, %s)".formatted(value, target);
        }
    }

    /**
     * Distance to a teacher's softened class probabilities (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural
     * Network", 2015), scaled by T² so that its gradients keep their size.
     *
     * @param target name of the teacher's logits
     * @param temperature T, above 0; 1 leaves the probabilities as they are
     */
    record SoftTargets(String value, String target, double temperature) implements Loss {
        public SoftTargets {
            if (!(temperature > 0)) {
                throw new IllegalArgumentException("temperature " + temperature + ": above 0");
            }
        }

        @Override
        public String script(String value, String target) {
            return "op.soft_loss(%s, %s, %s)".formatted(value, target, temperature);
        }
    }

    /**
     * Distance between a value inside the student and one inside the teacher. {@link TrainingLoop} learns a projection where
     * both must have the same shape and differ in width.
     *
     * @param target name of the teacher's value
     */
    record Hint(String value, String target, Measure measure) implements Loss {
        @Override
        public String script(String value, String target) {
            return measure.call.apply(value + ", " + target);
        }
    }

    /** The sum of a value, for those who ask for its gradients. */
    record Total(String value) implements Loss {
        @Override
        public String target() {
            return "";
        }

        @Override
        public String script(String value, String target) {
            return "torch.sum(" + value + ")";
        }
    }

    /** How two values inside networks are compared. */
    enum Measure {
        /** Mean square of the difference, same shapes (Romero et al., "FitNets", 2015). */
        MEAN_SQUARE("mean_square"),
        /** One minus the cosine along the last axis, same shapes; for embeddings. */
        COSINE("cosine_loss"),
        /** Where in the picture channels are active; same height and width (Zagoruyko and Komodakis, 2017). */
        ATTENTION("attention_transfer"),
        /** Distances between the rows of a batch; any shapes (Park et al., "Relational Knowledge Distillation", 2019). */
        RELATIONAL("relational_loss");

        private final UnaryOperator<String> call;

        /** Whether both values must have the same shape. */
        boolean wantsSameShape() {
            return this == MEAN_SQUARE || this == COSINE;
        }

        Measure(String function) {
            call = arguments -> "op." + function + "(" + arguments + ")";
        }
    }
}
