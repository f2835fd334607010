package dev.millrace.stage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Resumable state of a task; survives the attempt, whichever worker runs the next one. */
public interface Checkpoints {
    /** The newest complete checkpoint of this task. */
    Optional<Path> latest() throws IOException;

    /** Stores the file as the newest checkpoint; it is complete or absent, never half. */
    void save(Path file) throws IOException;
}
