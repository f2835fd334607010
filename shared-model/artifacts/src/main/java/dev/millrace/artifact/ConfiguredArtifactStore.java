package dev.millrace.artifact;

import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** The store that the configuration names, for whoever injects an {@link ArtifactStore}; outside a container, unused. */
@Singleton
final class ConfiguredArtifactStore {
    private @Nullable Cleaning cleaning;

    @Produces
    @Singleton
    ArtifactStore store(
            @ConfigProperty(name = "millrace.artifacts.directory") String directory,
            @ConfigProperty(name = "millrace.artifacts.roots") Optional<List<String>> roots,
            @ConfigProperty(name = "millrace.artifacts.retention") Optional<Duration> retention)
            throws IOException {
        var paths = roots.orElse(List.of()).stream().map(Path::of).toList();
        var store = FileArtifactStore.open(Path.of(directory), paths);
        if (retention.isPresent()) {
            cleaning = Cleaning.start(store, retention.get(), Clock.systemUTC());
        }
        return store;
    }

    void close(@Disposes ArtifactStore store) throws IOException {
        if (cleaning != null) {
            cleaning.close();
        }
        if (store instanceof FileArtifactStore files) {
            files.close();
        }
    }
}
