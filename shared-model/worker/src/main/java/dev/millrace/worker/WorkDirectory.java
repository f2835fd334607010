package dev.millrace.worker;

import dev.millrace.artifact.OwnDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Scratch space of one process; whoever opens one removes those of dead processes. */
record WorkDirectory(OwnDirectory own) implements AutoCloseable {
    static WorkDirectory open(Path parent) throws IOException {
        return new WorkDirectory(OwnDirectory.open(parent));
    }

    /** An empty directory for one attempt. */
    Path forAttempt() throws IOException {
        return Files.createTempDirectory(own.path(), "task-");
    }

    @Override
    public void close() throws IOException {
        own.close();
    }
}
