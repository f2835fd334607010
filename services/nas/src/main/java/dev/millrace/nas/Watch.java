package dev.millrace.nas;

import dev.millrace.engine.train.TrainingLoop;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Progress and checkpoints of a task, or of a part of one, that trains.
 *
 * @param step what it is called
 */
record Watch(StageContext context, String step) implements TrainingLoop.Observer {
    @Override
    public void progressed(double done, Map<String, Double> metrics) {
        context.progress(done, step, metrics);
    }

    @Override
    public Optional<Path> latest() throws IOException {
        return context.checkpoints().latest();
    }

    @Override
    public void save(Path checkpoint) throws IOException {
        context.checkpoints().save(checkpoint);
    }
}
