package dev.millrace.engine.train;

import dev.millrace.engine.data.Batch;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One run of a {@link TrainingLoop} and its counters. */
final class TrainingRun {
    /** Steps over which the training loss is averaged: weight of the newest one. */
    private static final double NEWEST = 1.0 / 50;

    /** Takes a checkpoint. */
    private interface Taker {
        void take(Path checkpoint) throws IOException;
    }

    private final TrainingSettings settings;
    private final TrainingData data;
    private final @Nullable TrainingData validation;
    private final TrainingLoop.Observer observer;
    private final Clock clock;
    private final Path directory;
    private final Trainer trainer;
    private final Revisions revisions;
    private final boolean bfloat16;
    private final long batches;
    private final long steps;
    private final Map<String, Double> metrics = new LinkedHashMap<>();
    private Instant startedAt;
    private Instant savedAt;
    private long step;
    private long epoch;
    private long batch;
    private double loss = Double.NaN;
    private double best = Double.NEGATIVE_INFINITY;
    private int worse;
    private Schedule schedule;
    private boolean branched;
    private int revised;
    private boolean finished;

    /**
     * A run from the beginning, all that it uses taken from the loop.
     *
     * @param bfloat16 what the result says of the trainer
     * @throws RefusedException {@code DATA_EMPTY} if there is no batch
     */
    TrainingRun(TrainingLoop loop, Trainer trainer, Revisions revisions, boolean bfloat16) throws IOException {
        settings = loop.settings;
        data = loop.data;
        validation = loop.validation;
        observer = loop.observer;
        clock = loop.clock;
        directory = loop.directory;
        schedule = settings.schedule();
        startedAt = clock.instant();
        savedAt = startedAt;
        this.trainer = trainer;
        this.bfloat16 = bfloat16;
        this.revisions = revisions;
        batches = data.batches();
        if (batches == 0) {
            throw new RefusedException("DATA_EMPTY", "training data", "no sample", "at least one");
        }
        int perStep = settings.batchesPerStep();
        steps = settings.budget().stepsOver((batches + perStep - 1) / perStep);
    }

    boolean hasBest() {
        return validation != null && best > Double.NEGATIVE_INFINITY;
    }

    /** Whether it went to its end. */
    boolean isFinished() {
        return finished;
    }

    TrainingResult train() throws IOException {
        var ending = TrainingResult.Ending.BUDGET;
        while (done() < 1) {
            epoch();
            reviseIfDue();
            if (validation != null
                    && !better(validate(validation))
                    && settings.patience() > 0
                    && worse >= settings.patience()
                    && revised == revisions.at().size()) {
                ending = TrainingResult.Ending.PATIENCE;
                break;
            }
        }
        finished = true;
        double score = hasBest() ? best : Double.NaN;
        return new TrainingResult(step, epoch, loss, score, schedule.peak(), ending, bfloat16, elapsed());
    }

    /** The rest of the present epoch, or of the budget. */
    private void epoch() throws IOException {
        try (var batchesAhead = new Prefetch<>(data.epoch(epoch))) {
            for (long skipped = 0; skipped < batch && batchesAhead.hasNext(); skipped++) {
                batchesAhead.next();
            }
            while (done() < 1 && batchesAhead.hasNext()) {
                reviseIfDue();
                step(batchesAhead);
                branchIfDue();
                saveIfDue();
            }
        }
        if (batch >= batches || done() >= 1) {
            epoch++;
            batch = 0;
        }
    }

    private void reviseIfDue() throws IOException {
        while (revised < revisions.at().size() && done() >= revisions.at().get(revised)) {
            revisions.revise(revised++, trainer);
            best = Double.NEGATIVE_INFINITY;
            worse = 0;
        }
    }

    /** One update, from as many batches as it is to have and the epoch still has. */
    private void step(Iterator<Batch> ahead) {
        var before = clock.instant();
        double rate = schedule.rate(revisions.progress(done(), revised));
        long rows = 0;
        for (int gathered = 1; ; gathered++) {
            var next = ahead.next();
            long seed = settings.seed() + step * settings.accumulate() + gathered - 1;
            boolean last = gathered == settings.accumulate() || !ahead.hasNext();
            var losses = last ? trainer.step(next, rate, seed) : trainer.gather(next, seed);
            requireFinite(losses, rate, next.where());
            loss = Double.isNaN(loss) ? losses.total() : loss + NEWEST * (losses.total() - loss);
            rows += next.rows();
            batch++;
            if (last) {
                takeTurn(ahead);
                step++;
                tell(losses, rate, rows, Duration.between(before, clock.instant()));
                return;
            }
        }
    }

    /** The update of what is trained apart, by the next batch. */
    private void takeTurn(Iterator<Batch> ahead) {
        if (settings.takesTurns() && ahead.hasNext()) {
            var next = ahead.next();
            double rate = settings.apartRate();
            requireFinite(trainer.stepApart(next, rate, settings.seed() + step), rate, next.where());
            batch++;
        }
    }

    private void requireFinite(Trainer.Losses losses, double rate, String where) {
        if (!Double.isFinite(losses.total()) || !Double.isFinite(losses.gradientNorm())) {
            throw new RefusedException(
                    "TRAINING_DIVERGED",
                    "step " + (step + 1) + " of " + steps + ", epoch " + epoch + ", " + where,
                    "loss " + losses.total() + ", gradient norm " + losses.gradientNorm(),
                    "finite numbers: a learning rate below " + rate + ", or clipping");
        }
    }

    private void tell(Trainer.Losses losses, double rate, long rows, Duration time) {
        metrics.put("loss", loss);
        metrics.put("learningRate", rate);
        metrics.put("gradientNorm", losses.gradientNorm());
        metrics.put("samplesPerSecond", rows / Math.max(1e-3, time.toNanos() / 1e9));
        if (!Double.isNaN(losses.accuracy())) {
            metrics.put("accuracy", losses.accuracy());
        }
        observer.progressed(Math.min(1, done()), metrics);
    }

    /** Keeps the weights if their score is the best so far. */
    private boolean better(double score) {
        metrics.put("validationScore", score);
        observer.progressed(Math.min(1, done()), metrics);
        if (score > best) {
            best = score;
            worse = 0;
            trainer.keep();
            return true;
        }
        worse++;
        return false;
    }

    /** Fraction of right answers, or the negative of the loss where answers are not right or wrong. */
    private double validate(TrainingData held) {
        double sum = 0;
        long rows = 0;
        try (var ahead = new Prefetch<>(held.epoch(0))) {
            while (ahead.hasNext()) {
                var next = ahead.next();
                var losses = trainer.evaluate(next);
                sum += next.rows() * (Double.isNaN(losses.accuracy()) ? -losses.total() : losses.accuracy());
                rows += next.rows();
            }
        }
        if (rows == 0) {
            throw new RefusedException("DATA_EMPTY", "validation data", "no sample", "at least one");
        }
        return sum / rows;
    }

    private Duration elapsed() {
        return Duration.between(startedAt, clock.instant());
    }

    private double done() {
        return settings.budget().used(step, steps, elapsed());
    }

    /** Finds the learning rate of a run that is at its beginning. Another that branches off there finds its own. */
    void begin() throws IOException {
        if (step == 0) {
            branchIfDue();
            if (!settings.rates().isEmpty()) {
                var trials = new RateTrials(trainer, settings, data, validation, observer);
                schedule = schedule.peaking(trials.best(steps));
            }
        }
    }

    private void branchIfDue() throws IOException {
        if (!branched && settings.branchAt() < 1 && done() >= settings.branchAt()) {
            hand(observer::branched);
            branched = true;
        }
    }

    private void saveIfDue() throws IOException {
        if (Duration.between(savedAt, clock.instant()).compareTo(settings.checkpointEvery()) >= 0) {
            hand(observer::save);
            savedAt = clock.instant();
        }
    }

    private void hand(Taker taker) throws IOException {
        var file = Files.createTempFile(directory, "training", ".checkpoint");
        double rate = schedule.peak();
        new Checkpoint(step, epoch, batch, elapsed(), best, worse, revised, rate, bfloat16, trainer.everything())
                .write(file);
        taker.take(file);
        Files.delete(file);
    }

    void restore(Checkpoint checkpoint) {
        step = checkpoint.step();
        epoch = checkpoint.epoch();
        batch = checkpoint.batch();
        startedAt = clock.instant().minus(checkpoint.elapsed());
        best = checkpoint.best();
        worse = checkpoint.worse();
        revised = checkpoint.revisions();
        schedule = schedule.peaking(checkpoint.learningRate());
        branched = done() >= settings.branchAt();
        trainer.restore(checkpoint.tensors());
    }
}
