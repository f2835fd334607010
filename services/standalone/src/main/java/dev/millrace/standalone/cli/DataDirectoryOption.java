package dev.millrace.standalone.cli;

import dev.millrace.standalone.DataDirectory;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where Millrace keeps its state. */
final class DataDirectoryOption {
    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Where models and jobs are kept. Default: $MILLRACE_HOME, else ~/.millrace")
    private @Nullable Path path;

    DataDirectory value() {
        return path == null
                ? DataDirectory.ofUser()
                : new DataDirectory(path.toAbsolutePath().normalize());
    }
}
