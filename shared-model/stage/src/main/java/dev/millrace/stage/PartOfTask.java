package dev.millrace.stage;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** A task of which only a part is told: what is whole for the part moves the whole from {@code from} to {@code to}. */
record PartOfTask(StageContext whole, double from, double to) implements StageContext {
    @Override
    public Path model() {
        return whole.model();
    }

    @Override
    public Optional<Path> baseline() {
        return whole.baseline();
    }

    @Override
    public Optional<LocalData> data(String role) {
        return whole.data(role);
    }

    @Override
    public Optional<String> metric() {
        return whole.metric();
    }

    @Override
    public long seed() {
        return whole.seed();
    }

    @Override
    public int threads() {
        return whole.threads();
    }

    @Override
    public Path workDirectory() {
        return whole.workDirectory();
    }

    @Override
    public Checkpoints checkpoints() {
        return whole.checkpoints();
    }

    @Override
    public void progress(double fraction, String activity, Map<String, Double> metrics) {
        whole.progress(from + (to - from) * fraction, activity, metrics);
    }
}
