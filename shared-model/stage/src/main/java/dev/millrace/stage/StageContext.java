package dev.millrace.stage;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What a technique sees of its task. */
public interface StageContext {
    /** The model to work on, already checked by nobody: pass it through the model gate. */
    Path model();

    /** The model that the job started from; empty outside evaluation and distillation. */
    Optional<Path> baseline();

    /** The data of a role, files already local. */
    Optional<LocalData> data(String role);

    /** The metric that the job's objective names. */
    Optional<String> metric();

    /**
     * The name of the machine that the request is for, if it says so; told only to a technique whose result belongs to a
     * machine.
     */
    default Optional<String> target() {
        return Optional.empty();
    }

    long seed();

    /** Threads that tensor work may use. */
    int threads();

    /** Empty directory of this attempt; gone afterwards. */
    Path workDirectory();

    Checkpoints checkpoints();

    /** What other tasks left and this one may leave for others; empty where nothing outlives the task. */
    default Optional<SharedCache> cache() {
        return Optional.empty();
    }

    /**
     * Says how far the work is. Call it as often as you like, and at least once a minute: a task that stays silent for long
     * is taken for hung and its process ended.
     *
     * @param fraction 0..1
     * @param activity for people: {@code "calibrating"}
     * @param metrics live figures
     */
    void progress(double fraction, String activity, Map<String, Double> metrics);

    default void progress(double fraction, String activity) {
        progress(fraction, activity, Map.of());
    }

    /**
     * This task for one of its parts, whose progress goes from 0 to 1 while that of the task goes between the two.
     *
     * @param from 0..1
     * @param to 0..1
     */
    default StageContext part(double from, double to) {
        return new PartOfTask(this, model(), baseline(), Map.of(), workDirectory(), checkpoints(), from, to);
    }

    /** This task with other data, made by itself, in a role. */
    default StageContext with(String role, LocalData data) {
        return new PartOfTask(this, model(), baseline(), Map.of(role, data), workDirectory(), checkpoints(), 0, 1);
    }

    /**
     * This task for one of its parts that works on another model; this task's model is the baseline.
     *
     * @param workDirectory an empty directory of the part
     */
    default StageContext on(Path model, Path workDirectory) {
        return new PartOfTask(this, model, Optional.of(model()), Map.of(), workDirectory, checkpoints(), 0, 1);
    }

    /** This task with its checkpoints kept in another form. */
    default StageContext keeping(Checkpoints checkpoints) {
        return new PartOfTask(this, model(), baseline(), Map.of(), workDirectory(), checkpoints, 0, 1);
    }
}
