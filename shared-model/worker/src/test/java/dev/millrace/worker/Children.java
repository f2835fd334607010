package dev.millrace.worker;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** Child JVMs for tests: the class path of the test, small and quick to give up. */
final class Children {
    private static final long HEAP = 64 << 20;

    private Children() {}

    static ChildLimits limits(Duration time, Duration silence) {
        return new ChildLimits(HEAP, 0, 1024, 1, time, silence, Duration.ofSeconds(30), 100);
    }

    static RunnerPool pool(Path directory, ChildLimits limits, int slots, boolean warm) throws IOException {
        var classPath = ChildClassPath.ofThisProcess();
        return new RunnerPool(ChildCommand.of(classPath, limits, directory), classPath.code(), limits, slots, warm);
    }
}
