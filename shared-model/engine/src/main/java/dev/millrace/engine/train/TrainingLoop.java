package dev.millrace.engine.train;

import dev.millrace.engine.data.Batch;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Trains a model until its budget is used up or validation gets no better, and leaves the best weights in its graph.
 *
 * <p>Validation runs after every epoch and at the end. Without validation data the last weights are kept.
 */
public final class TrainingLoop {
    /** Steps over which the training loss is averaged: weight of the newest one. */
    private static final double NEWEST = 1.0 / 50;

    /** Where a run tells how far it is, and keeps its checkpoints. */
    public interface Observer {
        /**
         * Hears of every step.
         *
         * @param done fraction of the budget, 0..1
         * @param metrics {@code loss}, {@code accuracy}, {@code gradientNorm}, {@code learningRate}, {@code
         *     samplesPerSecond}, and after a validation {@code validationScore}
         */
        void progressed(double done, Map<String, Double> metrics);

        /** The newest checkpoint of the same run, if it is a continued one. */
        Optional<Path> latest() throws IOException;

        /** Stores a checkpoint; the file may be deleted afterwards. */
        void save(Path checkpoint) throws IOException;

        /**
         * Hears where another run can branch off, in time for what is saved next.
         *
         * @param checkpoint of the fraction that the settings name; the file may be deleted afterwards
         */
        default void branched(Path checkpoint) throws IOException {
            throw new IllegalStateException("nobody keeps " + checkpoint);
        }

        /** Hears nothing and keeps nothing. */
        static Observer none() {
            return new Observer() {
                @Override
                public void progressed(double done, Map<String, Double> metrics) {}

                @Override
                public Optional<Path> latest() {
                    return Optional.empty();
                }

                @Override
                public void save(Path checkpoint) {}
            };
        }
    }

    private final TrainingSettings settings;
    private final TrainingData data;
    private final @Nullable TrainingData validation;
    private final Observer observer;
    private final Clock clock;
    private final Path directory;

    /**
     * @param validation data that decides which weights are the best; absent keeps the last ones
     * @param directory for temporary files as large as the model and its optimizer state
     */
    public TrainingLoop(
            TrainingSettings settings,
            TrainingData data,
            @Nullable TrainingData validation,
            Observer observer,
            Clock clock,
            Path directory) {
        this.settings = settings;
        this.data = data;
        this.validation = validation;
        this.observer = observer;
        this.clock = clock;
        this.directory = directory;
    }

    /**
     * Trains, and writes the best weights into the model.
     *
     * @throws RefusedException {@code TRAINING_DIVERGED} if a loss or gradient is no number any more, saying at which step;
     *     the model then has the best weights so far, if there was a validation, and is unchanged otherwise. {@code
     *     DATA_EMPTY}, and all of {@link Trainer}'s
     */
    public TrainingResult run(Model model, Objective objective) throws IOException {
        return run(model, objective, Revisions.none());
    }

    /**
     * Trains a model that is revised meanwhile. Of the weights only those after the last revision can be the best.
     *
     * @throws RefusedException as {@link #run(Model, Objective)}
     */
    public TrainingResult run(Model model, Objective objective, Revisions revisions) throws IOException {
        var latest = observer.latest();
        Optional<Checkpoint> checkpoint =
                latest.isPresent() ? Optional.of(Checkpoint.read(latest.get())) : Optional.empty();
        try (var projections = Projections.add(model, objective, data, settings, directory)) {
            var chosen = checkpoint.isPresent()
                    ? settings.bfloat16(checkpoint.get().bfloat16())
                    : fastest(model, projections.objective());
            return run(model, projections.objective(), revisions, chosen, checkpoint);
        }
    }

    /** As a continued run began, or what is measured on the first batch. */
    private TrainingSettings fastest(Model model, Objective objective) throws IOException {
        if (!settings.bfloat16()) {
            return settings;
        }
        var batches = data.epoch(0).iterator();
        return batches.hasNext()
                ? new Precision(directory, settings.threads(), System::nanoTime)
                        .fastest(model, objective, settings, batches.next())
                : settings;
    }

    private TrainingResult run(
            Model model,
            Objective objective,
            Revisions revisions,
            TrainingSettings chosen,
            Optional<Checkpoint> checkpoint)
            throws IOException {
        try (var trainer = Trainer.open(model, objective, chosen, directory)) {
            var run = new Run(trainer, revisions, chosen.bfloat16());
            try {
                if (checkpoint.isPresent()) {
                    run.restore(checkpoint.get());
                } else if (!settings.rates().isEmpty()) {
                    run.tryRates();
                }
                return run.train();
            } finally {
                if (run.hasBest()) {
                    trainer.recall();
                    trainer.store();
                } else if (run.finished) {
                    trainer.store();
                }
            }
        }
    }

    /** Takes a checkpoint. */
    private interface Taker {
        void take(Path checkpoint) throws IOException;
    }

    /** One run and its counters. */
    private final class Run {
        private final Trainer trainer;
        private final long batches;
        private final long steps;
        private final Map<String, Double> metrics = new LinkedHashMap<>();
        private Instant startedAt = clock.instant();
        private Instant savedAt = clock.instant();
        private long step;
        private long epoch;
        private long batch;
        private double loss = Double.NaN;
        private double best = Double.NEGATIVE_INFINITY;
        private int worse;
        private final Revisions revisions;
        private final boolean bfloat16;
        private Schedule schedule = settings.schedule();
        private boolean branched;
        private int revised;
        private boolean finished;

        Run(Trainer trainer, Revisions revisions, boolean bfloat16) throws IOException {
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

        void tryRates() throws IOException {
            var trials = new RateTrials(trainer, settings, data, validation, observer);
            schedule = schedule.peaking(trials.best(steps));
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
}
