package dev.millrace.stage;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A part of a task as a task of its own.
 *
 * @param own data in place of the whole's, by role
 * @param from progress of the whole when the part begins, 0..1
 * @param to progress of the whole when the part ends
 */
record PartOfTask(
        StageContext whole,
        Path model,
        Optional<Path> baseline,
        Map<String, LocalData> own,
        Path workDirectory,
        Checkpoints checkpoints,
        double from,
        double to)
        implements StageContext {
    @Override
    public Optional<LocalData> data(String role) {
        return Optional.ofNullable(own.get(role)).or(() -> whole.data(role));
    }

    @Override
    public Optional<String> metric() {
        return whole.metric();
    }

    @Override
    public Optional<String> target() {
        return whole.target();
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
    public Optional<SharedCache> cache() {
        return whole.cache();
    }

    @Override
    public void progress(double fraction, String activity, Map<String, Double> metrics) {
        whole.progress(from + (to - from) * fraction, activity, metrics);
    }
}
