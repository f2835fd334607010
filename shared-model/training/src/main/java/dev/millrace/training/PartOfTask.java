package dev.millrace.training;

import dev.millrace.stage.Checkpoints;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageContext;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The last part of a task as a task of its own.
 *
 * @param task the whole
 * @param model the model to work on, instead of the task's
 * @param workDirectory directory of the part
 * @param from fraction of the whole at which the part begins
 */
record PartOfTask(StageContext task, Path model, Path workDirectory, double from) implements StageContext {
    @Override
    public Optional<Path> baseline() {
        return Optional.of(task.model());
    }

    @Override
    public Optional<LocalData> data(String role) {
        return task.data(role);
    }

    @Override
    public Optional<String> metric() {
        return task.metric();
    }

    @Override
    public long seed() {
        return task.seed();
    }

    @Override
    public int threads() {
        return task.threads();
    }

    @Override
    public Checkpoints checkpoints() {
        return task.checkpoints();
    }

    @Override
    public void progress(double fraction, String activity, Map<String, Double> metrics) {
        task.progress(from + (1 - from) * fraction, activity, metrics);
    }
}
