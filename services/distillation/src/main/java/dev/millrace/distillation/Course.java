package dev.millrace.distillation;

import dev.millrace.engine.train.Budget;
import dev.millrace.engine.train.Optimizer;
import dev.millrace.engine.train.Schedule;
import dev.millrace.engine.train.TrainingSettings;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The options that every technique of this stage has: how to train, for how long, and what to leave alone. */
interface Course {
    double DEFAULT_EPOCHS = 10;

    /** Optimizers, and the rate and decay that they start from where the options say nothing. */
    enum Method {
        ADAM_W(1e-3, 0.01) {
            @Override
            Optimizer decaying(double weightDecay) {
                return Optimizer.AdamW.decaying(weightDecay);
            }
        },
        SGD(0.05, 1e-4) {
            @Override
            Optimizer decaying(double weightDecay) {
                return new Optimizer.Sgd(0.9, true, weightDecay);
            }
        };

        private final double learningRate;
        private final double weightDecay;

        Method(double learningRate, double weightDecay) {
            this.learningRate = learningRate;
            this.weightDecay = weightDecay;
        }

        abstract Optimizer decaying(double weightDecay);
    }

    Method optimizer();

    @Nullable
    Double learningRate();

    @Nullable
    Double weightDecay();

    Schedule.Decay decay();

    double warmUp();

    @Nullable
    Double epochs();

    @Nullable
    Long steps();

    @Nullable
    Double minutes();

    int batchSize();

    int patience();

    double holdOut();

    boolean freezeBatchNorm();

    boolean keepZeros();

    List<String> frozen();

    /** The settings of the loop, everything trained. */
    default TrainingSettings settings() {
        double rate = or(learningRate(), optimizer().learningRate);
        double weightDecay = or(weightDecay(), optimizer().weightDecay);
        return TrainingSettings.of(optimizer().decaying(weightDecay), new Schedule(rate, warmUp(), decay()), budget())
                .clipNorm(1)
                .patience(patience())
                .batchStatistics(!freezeBatchNorm())
                .keepZeros(keepZeros());
    }

    /** Whichever limit comes first; a number of epochs where there is none. */
    private Budget budget() {
        boolean limited = steps() != null || minutes() != null;
        double epochs = or(epochs(), limited ? Double.MAX_VALUE : DEFAULT_EPOCHS);
        var budget = new Budget(epochs, steps() == null ? Long.MAX_VALUE : steps(), Duration.ofDays(365));
        var minutes = minutes();
        return minutes == null ? budget : budget.within(Duration.ofMillis(Math.max(1, Math.round(minutes * 60_000))));
    }

    private static double or(@Nullable Double given, double otherwise) {
        return given == null ? otherwise : given;
    }

    /** @throws IllegalArgumentException if the option is given and not above 0 */
    static void requirePositive(String option, @Nullable Number value) {
        if (value != null && !(value.doubleValue() > 0)) {
            throw new IllegalArgumentException(option + "=" + value);
        }
    }

    /** @throws IllegalArgumentException if the option is not in 0..1, 1 excluded */
    static void requireShare(String option, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(option + "=" + value);
        }
    }
}
