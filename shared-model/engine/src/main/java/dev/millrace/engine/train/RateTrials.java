package dev.millrace.engine.train;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the highest learning rate by trying: each trains from the same weights for a short while, in which it rises and falls
 * as in a whole run, and the one that leaves the least loss on data held out is taken.
 *
 * <p>The first to be tried is that of the schedule, then the next higher ones for as long as they are better, else the lower
 * ones. Cost: 3 % of the run for each that is tried, three as a rule.
 */
final class RateTrials {
    private static final double SHARE = 0.03;
    private static final int FEWEST = 20;
    private static final int MOST = 250;

    /** Share of a trial over which the rate rises: an optimizer's estimates need as many steps as in a whole run. */
    private static final double WARM_UP = 0.3;

    /** Rows that the loss is read from. */
    private static final int ROWS = 1_000;

    private final Trainer trainer;
    private final TrainingSettings settings;
    private final TrainingData data;
    private final @Nullable TrainingData held;
    private final TrainingLoop.Observer observer;
    private final List<Value> untrained;

    /** @param held what the loss is read from; absent for the second half of the trial itself */
    RateTrials(
            Trainer trainer,
            TrainingSettings settings,
            TrainingData data,
            @Nullable TrainingData held,
            TrainingLoop.Observer observer) {
        this.trainer = trainer;
        this.settings = settings;
        this.data = data;
        this.held = held;
        this.observer = observer;
        untrained = trainer.everything();
    }

    /**
     * The best of the rates. The trainer is left as it came.
     *
     * @param steps of the whole run; the schedule's own rate if trials would take more than a third of it
     */
    double best(long steps) {
        double peak = settings.schedule().peak();
        int length = (int) Math.max(FEWEST, Math.min(MOST, SHARE * steps));
        if (3L * length > steps / 3) {
            return peak;
        }
        double first = loss(peak, length);
        var rates = new ArrayList<>(settings.rates());
        Collections.sort(rates);
        double best = bestOf(rates.stream().filter(rate -> rate > peak).toList(), peak, first, length);
        if (best == peak) {
            Collections.reverse(rates);
            best = bestOf(rates.stream().filter(rate -> rate < peak).toList(), peak, first, length);
        }
        trainer.restore(untrained);
        return best;
    }

    /** The last of the rates, in this order, that is better than the one before it. */
    private double bestOf(List<Double> rates, double before, double loss, int length) {
        double best = before;
        double least = loss;
        for (double rate : rates) {
            double next = loss(rate, length);
            if (next >= least) {
                break;
            }
            best = rate;
            least = next;
        }
        return best;
    }

    /** Loss after a short training; infinite where that ends in no number. */
    private double loss(double peak, int length) {
        trainer.restore(untrained);
        var own = settings.schedule();
        var schedule = new Schedule(peak, Math.max(own.warmup(), WARM_UP), own.decay());
        var batches = new Endless(data);
        double late = 0;
        for (int step = 0; step < length; step++) {
            double rate = schedule.rate((double) step / length);
            long seed = settings.seed() + (long) step * settings.accumulate();
            for (int gathered = 1; gathered < settings.accumulate(); gathered++) {
                trainer.gather(batches.next(), seed++);
            }
            var losses = trainer.step(batches.next(), rate, seed);
            if (!Double.isFinite(losses.total()) || !Double.isFinite(losses.gradientNorm())) {
                return Double.POSITIVE_INFINITY;
            }
            late += step >= length / 2 ? losses.total() / (length - length / 2) : 0;
            observer.progressed(0, Map.of("loss", losses.total(), "learningRate", rate));
        }
        double loss = held == null ? late : heldOut(held);
        return Double.isFinite(loss) ? loss : Double.POSITIVE_INFINITY;
    }

    private double heldOut(TrainingData validation) {
        double sum = 0;
        long rows = 0;
        for (var batch : validation.epoch(0)) {
            if (rows >= ROWS) {
                break;
            }
            sum += batch.rows() * trainer.evaluate(batch).total();
            rows += batch.rows();
        }
        return sum / rows;
    }

    /** Epoch after epoch. */
    private static final class Endless {
        private final TrainingData data;
        private Iterator<Batch> batches;
        private long epoch;

        Endless(TrainingData data) {
            this.data = data;
            batches = data.epoch(0).iterator();
        }

        Batch next() {
            if (!batches.hasNext()) {
                batches = data.epoch(++epoch).iterator();
            }
            return batches.next();
        }
    }
}
