package dev.millrace.factorization;

import dev.millrace.stage.Checkpoints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Checkpoints that do not continue what an earlier attempt saved: where measured time chose the ranks, that attempt may have
 * trained another model.
 */
record Afresh(Checkpoints all) implements Checkpoints {
    @Override
    public Optional<Path> latest() {
        return Optional.empty();
    }

    @Override
    public void save(Path file) throws IOException {
        all.save(file);
    }
}
