package dev.millrace.engine.train;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * How to train.
 *
 * @param accumulate batches whose gradients are averaged for one update; the last of an epoch may be of fewer
 * @param clipNorm largest Euclidean norm of the whole gradient; 0 clips nothing
 * @param keepZeros weights that are 0 at the start stay 0, as a pruned model wants it; biases and scales are not held
 * @param movement whether it is added up how far each weight moves away from zero, {@code −Σ rate · gradient · weight}; where a
 *     weight is held at zero, with what it was before
 * @param batchStatistics whether BatchNormalization normalizes by the batch and learns its statistics
 * @param bfloat16 whether products may be computed in bfloat16; {@link TrainingLoop} does so where it measures that steps are
 *     faster
 * @param trainable which tensors may change, by name
 * @param apart which of them updates of their own change, each by the batch behind that of an update of the rest
 * @param apartRate constant learning rate of the updates of what is trained apart
 * @param rates peaks of the schedule to try for a short while before training, ascending; empty takes the schedule as it is
 * @param branchAt fraction of the budget at which the run tells where it is, so that another can branch off; 1 tells nothing
 * @param patience validations without a better one before training stops; 0 never stops early
 * @param seed of everything random inside the graph, such as dropout
 * @param threads threads inside an operator
 * @param checkpointEvery time between checkpoints
 */
public record TrainingSettings(
        Optimizer optimizer,
        Schedule schedule,
        Budget budget,
        int accumulate,
        double clipNorm,
        boolean keepZeros,
        boolean movement,
        boolean batchStatistics,
        boolean bfloat16,
        Predicate<String> trainable,
        Predicate<String> apart,
        double apartRate,
        List<Double> rates,
        double branchAt,
        int patience,
        long seed,
        int threads,
        Duration checkpointEvery) {

    public TrainingSettings {
        rates = List.copyOf(rates);
        if (accumulate < 1) {
            throw new IllegalArgumentException("accumulate " + accumulate + ": at least 1");
        }
        if (apartRate > 0 && accumulate > 1) {
            throw new IllegalArgumentException("accumulate " + accumulate + ": 1 where weights are trained apart");
        }
    }

    /** Whether some weights have updates of their own. */
    boolean takesTurns() {
        return apartRate > 0;
    }

    /** Batches of an update, or of two that take turns. */
    int batchesPerStep() {
        return takesTurns() ? 2 : accumulate;
    }

    /** AdamW with little decay, cosine rate, gradient norm clipped at 1, everything trained, no early stop. */
    public static TrainingSettings adamW(double peakRate, Budget budget) {
        return of(Optimizer.AdamW.decaying(0.01), Schedule.cosine(peakRate), budget)
                .clipNorm(1);
    }

    /** SGD with momentum 0.9 and little decay, cosine rate. */
    public static TrainingSettings sgd(double peakRate, Budget budget) {
        return of(new Optimizer.Sgd(0.9, false, 1e-4), Schedule.cosine(peakRate), budget);
    }

    public static TrainingSettings of(Optimizer optimizer, Schedule schedule, Budget budget) {
        return new TrainingSettings(
                optimizer,
                schedule,
                budget,
                1,
                0,
                false,
                false,
                true,
                false,
                name -> true,
                name -> false,
                0,
                List.of(),
                1,
                0,
                0,
                1,
                Duration.ofSeconds(30));
    }

    public TrainingSettings accumulate(int batches) {
        return with(copy -> copy.accumulate = batches);
    }

    public TrainingSettings clipNorm(double norm) {
        return with(copy -> copy.clipNorm = norm);
    }

    public TrainingSettings keepZeros(boolean on) {
        return with(copy -> copy.keepZeros = on);
    }

    public TrainingSettings movement(boolean on) {
        return with(copy -> copy.movement = on);
    }

    public TrainingSettings batchStatistics(boolean on) {
        return with(copy -> copy.batchStatistics = on);
    }

    public TrainingSettings bfloat16(boolean on) {
        return with(copy -> copy.bfloat16 = on);
    }

    public TrainingSettings trainable(Predicate<String> names) {
        return with(copy -> copy.trainable = names);
    }

    /**
     * Trains some weights apart: a batch for all others and a batch for these take turns, as bilevel optimization of the
     * first order wants it (Liu, Simonyan and Yang, "DARTS", 2019).
     *
     * @param rate constant learning rate of these, above 0
     */
    public TrainingSettings apart(Predicate<String> names, double rate) {
        return with(copy -> {
            copy.apart = names;
            copy.apartRate = rate;
        });
    }

    public TrainingSettings rates(List<Double> peaks) {
        return with(copy -> copy.rates = peaks);
    }

    public TrainingSettings branchAt(double fraction) {
        return with(copy -> copy.branchAt = fraction);
    }

    public TrainingSettings patience(int validations) {
        return with(copy -> copy.patience = validations);
    }

    public TrainingSettings seed(long number) {
        return with(copy -> copy.seed = number);
    }

    public TrainingSettings threads(int count) {
        return with(copy -> copy.threads = count);
    }

    public TrainingSettings checkpointEvery(Duration time) {
        return with(copy -> copy.checkpointEvery = time);
    }

    private TrainingSettings with(Consumer<Copy> change) {
        var copy = new Copy(this);
        change.accept(copy);
        return new TrainingSettings(
                optimizer,
                schedule,
                budget,
                copy.accumulate,
                copy.clipNorm,
                copy.keepZeros,
                copy.movement,
                copy.batchStatistics,
                copy.bfloat16,
                copy.trainable,
                copy.apart,
                copy.apartRate,
                copy.rates,
                copy.branchAt,
                copy.patience,
                copy.seed,
                copy.threads,
                copy.checkpointEvery);
    }

    /** What may be changed of settings, while it is. */
    private static final class Copy {
        private int accumulate;
        private double clipNorm;
        private boolean keepZeros;
        private boolean movement;
        private boolean batchStatistics;
        private boolean bfloat16;
        private Predicate<String> trainable;
        private Predicate<String> apart;
        private double apartRate;
        private List<Double> rates;
        private double branchAt;
        private int patience;
        private long seed;
        private int threads;
        private Duration checkpointEvery;

        Copy(TrainingSettings from) {
            accumulate = from.accumulate;
            clipNorm = from.clipNorm;
            keepZeros = from.keepZeros;
            movement = from.movement;
            batchStatistics = from.batchStatistics;
            bfloat16 = from.bfloat16;
            trainable = from.trainable;
            apart = from.apart;
            apartRate = from.apartRate;
            rates = from.rates;
            branchAt = from.branchAt;
            patience = from.patience;
            seed = from.seed;
            threads = from.threads;
            checkpointEvery = from.checkpointEvery;
        }
    }
}
