package dev.millrace.training;

import dev.millrace.engine.train.Budget;
import dev.millrace.engine.train.Optimizer;
import dev.millrace.engine.train.Schedule;
import dev.millrace.engine.train.TrainingSettings;
import dev.millrace.stage.Option;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The options of every technique that trains: how to train, for how long, and what to leave alone. */
public record Course(
        @Option(value = "How gradients change weights.", defaultValue = "\"adamW\"")
        Method optimizer,

        @Option(
                value =
                        "Highest learning rate; null tries some from 0.0001 to 0.01 with adamW, 0.005 to 0.2 with sgd; in qat"
                                + " it follows from the bits.",
                defaultValue = "null",
                allowed = "above 0")
        @Nullable
        Double learningRate,

        @Option(
                value = "Decay of weights; null for 0.01 with adamW, 0.0001 with sgd.",
                defaultValue = "null",
                allowed = "above 0")
        @Nullable
        Double weightDecay,

        @Option(value = "How the learning rate falls after warm-up.", defaultValue = "\"cosine\"")
        Schedule.Decay decay,

        @Option(
                value = "Share of the run over which the learning rate rises.",
                defaultValue = "0.05",
                allowed = "0 ≤ warmUp < 1")
        double warmUp,

        @Option(
                value =
                        "Times that all data is seen; null for 10, in recovery 2, in qat 1 or 2, or no limit where steps or"
                                + " minutes set one.",
                defaultValue = "null",
                allowed = "above 0")
        @Nullable
        Double epochs,

        @Option(value = "Updates at most.", defaultValue = "null", allowed = "above 0") @Nullable
        Long steps,

        @Option(
                value = "Time at most; a run that it ends cannot be repeated to the byte.",
                defaultValue = "null",
                allowed = "above 0")
        @Nullable
        Double minutes,

        @Option(
                value = "Rows of an update; a model of fixed batch size has its own.",
                defaultValue = "64",
                allowed = "above 0")
        int batchSize,

        @Option(
                value = "Batches whose gradients are averaged for one update, as if the batch were so much larger.",
                defaultValue = "1",
                allowed = "above 0")
        int accumulate,

        @Option(
                value = "Class that stands for nothing where labels are sequences of class numbers, as text read from "
                        + "pictures; trained by CTC.",
                defaultValue = "null",
                allowed = "a class of an output (rows, steps, classes); negative numbers fill up the labels of a row")
        @Nullable
        Integer ctcBlank,

        Variation variation,

        @Option(
                value = "Validations without a better one before training stops; 0 never stops early.",
                defaultValue = "0",
                allowed = "patience ≥ 0")
        int patience,

        @Option(
                value = "Share of the training data that is held out where there is no validation data.",
                defaultValue = "0.1",
                allowed = "0 ≤ holdOut < 1, 0 keeps the last weights instead of the best")
        double holdOut,

        @Option(
                value = "Compute products in bfloat16 where that makes steps faster, which is measured first.",
                defaultValue = "false")
        boolean bfloat16,

        @Option(value = "Keep the statistics of BatchNormalization.", defaultValue = "false")
        boolean freezeBatchNorm,

        @Option(value = "Weights that are zero stay zero, as after pruning.", defaultValue = "true")
        boolean keepZeros,

        @Option(
                value = "Layers to leave alone, by name, operator type or name of the weight, with * and ?.",
                defaultValue = "[]",
                allowed = "each must match something")
        List<String> frozen) {
    private static final double DEFAULT_EPOCHS = 10;

    /** Optimizers; the rate to begin with, the rates to try, and the decay where the options say nothing. */
    public enum Method {
        ADAM_W(1e-3, List.of(1e-4, 3e-4, 1e-3, 3e-3, 1e-2), 0.01) {
            @Override
            Optimizer decaying(double weightDecay) {
                return Optimizer.AdamW.decaying(weightDecay);
            }
        },
        SGD(0.05, List.of(0.005, 0.015, 0.05, 0.2), 1e-4) {
            @Override
            Optimizer decaying(double weightDecay) {
                return new Optimizer.Sgd(0.9, true, weightDecay);
            }
        };

        private final double learningRate;
        private final List<Double> rates;
        private final double weightDecay;

        Method(double learningRate, List<Double> rates, double weightDecay) {
            this.learningRate = learningRate;
            this.rates = rates;
            this.weightDecay = weightDecay;
        }

        abstract Optimizer decaying(double weightDecay);
    }

    public Course {
        requirePositive("learningRate", learningRate);
        requirePositive("weightDecay", weightDecay);
        requireShare("warmUp", warmUp);
        requirePositive("epochs", epochs);
        requirePositive("steps", steps);
        requirePositive("minutes", minutes);
        requirePositive("batchSize", batchSize);
        requirePositive("accumulate", accumulate);
        requirePositive("patience", patience + 1);
        requireShare("holdOut", holdOut);
    }

    /** Whether what is trained depends on how fast steps are measured to be on the machine. */
    public boolean isTimed() {
        return bfloat16;
    }

    /** The same, with so many epochs where nothing limits it. */
    public Course epochsOr(double otherwise) {
        return isLimited() ? this : with(learningRate, otherwise, null, null);
    }

    /** The same, with another highest learning rate. */
    public Course atRate(double rate) {
        requirePositive("learningRate", rate);
        return with(rate, epochs, steps, minutes);
    }

    /** The same, with so many times the optimizer's own learning rate where none is given; none is tried then. */
    public Course paced(double times) {
        return learningRate != null ? this : atRate(times * optimizer.learningRate);
    }

    /** The same, over a share of its length. */
    public Course shortened(double share) {
        requirePositive("share", share);
        return with(
                learningRate,
                isLimited() ? times(epochs, share) : Double.valueOf(DEFAULT_EPOCHS * share),
                steps == null ? null : Math.max(1, Math.round(steps * share)),
                times(minutes, share));
    }

    private boolean isLimited() {
        return epochs != null || steps != null || minutes != null;
    }

    private static @Nullable Double times(@Nullable Double length, double share) {
        return length == null ? null : length * share;
    }

    private Course with(
            @Nullable Double learningRate, @Nullable Double epochs, @Nullable Long steps, @Nullable Double minutes) {
        return new Course(
                optimizer,
                learningRate,
                weightDecay,
                decay,
                warmUp,
                epochs,
                steps,
                minutes,
                batchSize,
                accumulate,
                ctcBlank,
                variation,
                patience,
                holdOut,
                bfloat16,
                freezeBatchNorm,
                keepZeros,
                frozen);
    }

    /** The settings of the loop, everything trained. */
    TrainingSettings settings() {
        double rate = or(learningRate, optimizer.learningRate);
        double decays = or(weightDecay, optimizer.weightDecay);
        return TrainingSettings.of(optimizer.decaying(decays), new Schedule(rate, warmUp, decay), budget())
                .rates(learningRate == null ? optimizer.rates : List.of())
                .accumulate(accumulate)
                .clipNorm(1)
                .patience(patience)
                .batchStatistics(!freezeBatchNorm)
                .bfloat16(bfloat16)
                .keepZeros(keepZeros);
    }

    /** Whichever limit comes first; a number of epochs where there is none. */
    private Budget budget() {
        boolean limited = steps != null || minutes != null;
        double most = or(epochs, limited ? Double.MAX_VALUE : DEFAULT_EPOCHS);
        var budget = new Budget(most, steps == null ? Long.MAX_VALUE : steps, Duration.ofDays(365));
        return minutes == null ? budget : budget.within(Duration.ofMillis(Math.max(1, Math.round(minutes * 60_000))));
    }

    private static double or(@Nullable Double given, double otherwise) {
        return given == null ? otherwise : given;
    }

    /** @throws IllegalArgumentException if the option is given and not above 0 */
    public static void requirePositive(String option, @Nullable Number value) {
        if (value != null && !(value.doubleValue() > 0)) {
            throw new IllegalArgumentException(option + "=" + value);
        }
    }

    /** @throws IllegalArgumentException if the option is not in 0..1, 1 excluded */
    public static void requireShare(String option, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(option + "=" + value);
        }
    }
}
