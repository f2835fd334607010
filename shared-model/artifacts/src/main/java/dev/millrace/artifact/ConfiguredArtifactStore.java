package dev.millrace.artifact;

import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The store that the configuration names, for whoever injects an {@link ArtifactStore}; outside a container, unused. */
@Singleton
final class ConfiguredArtifactStore {
    @Produces
    @Singleton
    ArtifactStore store(
            @ConfigProperty(name = "millrace.artifacts.directory") String directory,
            @ConfigProperty(name = "millrace.artifacts.roots") Optional<List<String>> roots)
            throws IOException {
        var paths = roots.orElse(List.of()).stream().map(Path::of).toList();
        return FileArtifactStore.open(Path.of(directory), paths);
    }

    void close(@Disposes ArtifactStore store) throws IOException {
        if (store instanceof FileArtifactStore files) {
            files.close();
        }
    }
}
