package dev.millrace.worker;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Child JVMs for tests: the class path of the test, small and quick to give up. */
final class Children {
    private static final long HEAP = 64 << 20;
    private static final long ADDRESS_SPACE = 8L << 30;

    private Children() {}

    static ChildLimits limits(Duration time, Duration silence, int tasks) {
        return new ChildLimits(HEAP, ADDRESS_SPACE, 1024, 1, time, silence, Duration.ofSeconds(30), tasks);
    }

    static RunnerPool pool(Path directory, ChildLimits limits, int slots, boolean warm) throws IOException {
        var classPath = ChildClassPath.ofThisProcess();
        return new RunnerPool(
                ChildCommand.of(classPath, limits, List.of(), directory.resolve("engines")),
                classPath.code(),
                limits,
                slots,
                warm);
    }
}
