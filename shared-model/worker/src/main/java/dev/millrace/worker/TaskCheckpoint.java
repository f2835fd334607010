package dev.millrace.worker;

import dev.millrace.artifact.ArtifactStore;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The newest checkpoint of one piece of work: an artifact, and a document that leads to it. All attempts at the same work
 * share it, also those of different jobs; it is gone when one of them has ended for good.
 */
record TaskCheckpoint(ArtifactStore store, TaskKey key) {
    /** The checkpoint as a local file. */
    Optional<Path> latest() throws IOException {
        var reference = reference();
        if (reference.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(store.resolve(reference.get()));
        } catch (RefusedException e) { // another job has ended the same work meanwhile
            return Optional.empty();
        }
    }

    /** Stores a file as the newest checkpoint and returns where it can be read. */
    Path save(Path file) throws IOException {
        var before = reference();
        var saved = store.put(file, List.of());
        store.replaceDocument(key.checkpointDocument(), Json.mapper().writeValueAsBytes(saved));
        if (before.isPresent() && !before.get().equals(saved)) {
            store.remove(before.get());
        }
        return store.resolve(saved);
    }

    void remove() throws IOException {
        var last = reference();
        store.removeDocument(key.checkpointDocument());
        if (last.isPresent()) {
            store.remove(last.get());
        }
    }

    private Optional<ArtifactReference> reference() throws IOException {
        var document = store.document(key.checkpointDocument());
        return document.isEmpty()
                ? Optional.empty()
                : Optional.of(Json.mapper().readValue(document.get(), ArtifactReference.class));
    }
}
