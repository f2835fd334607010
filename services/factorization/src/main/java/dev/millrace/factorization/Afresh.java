package dev.millrace.factorization;

import dev.millrace.stage.Checkpoints;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.SharedCache;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A task that does not continue what an earlier attempt saved: where measured time chose the ranks, that attempt may have
 * trained another model.
 */
record Afresh(StageContext task) implements StageContext {
    @Override
    public Checkpoints checkpoints() {
        return new Checkpoints() {
            @Override
            public Optional<Path> latest() {
                return Optional.empty();
            }

            @Override
            public void save(Path file) throws IOException {
                task.checkpoints().save(file);
            }
        };
    }

    @Override
    public Path model() {
        return task.model();
    }

    @Override
    public Optional<Path> baseline() {
        return task.baseline();
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
    public Path workDirectory() {
        return task.workDirectory();
    }

    @Override
    public Optional<SharedCache> cache() {
        return task.cache();
    }

    @Override
    public void progress(double fraction, String activity, Map<String, Double> metrics) {
        task.progress(fraction, activity, metrics);
    }
}
