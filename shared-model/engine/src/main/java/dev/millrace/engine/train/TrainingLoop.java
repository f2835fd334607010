package dev.millrace.engine.train;

import dev.millrace.engine.data.Batch;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Trains a model until its budget is used up or validation gets no better, and leaves the best weights in its graph.
 *
 * <p>Validation runs after every epoch and at the end. Without validation data the last weights are kept.
 */
public final class TrainingLoop {
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

    /** Batches that tell which precision is faster. */
    private static final int TIMED = 4;

    final TrainingSettings settings;
    final TrainingData data;
    final @Nullable TrainingData validation;
    final Observer observer;
    final Clock clock;
    final Path directory;

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

    /** What is measured on the first batches; they may differ in length. */
    private TrainingSettings fastest(Model model, Objective objective) throws IOException {
        if (!settings.bfloat16()) {
            return settings;
        }
        var batches = new ArrayList<Batch>();
        for (var all = data.epoch(0).iterator(); all.hasNext() && batches.size() < TIMED; ) {
            batches.add(all.next());
        }
        return batches.isEmpty()
                ? settings
                : new Precision(directory, settings.threads(), System::nanoTime)
                        .fastest(model, objective, settings, batches);
    }

    private TrainingResult run(
            Model model,
            Objective objective,
            Revisions revisions,
            TrainingSettings chosen,
            Optional<Checkpoint> checkpoint)
            throws IOException {
        try (var trainer = Trainer.open(model, objective, chosen, directory)) {
            var run = new TrainingRun(this, trainer, revisions, chosen.bfloat16());
            try {
                if (checkpoint.isPresent()) {
                    run.restore(checkpoint.get());
                }
                run.begin();
                return run.train();
            } finally {
                if (run.hasBest()) {
                    trainer.recall();
                    trainer.store();
                } else if (run.isFinished()) {
                    trainer.store();
                }
            }
        }
    }
}
