package dev.millrace.worker;

import dev.millrace.message.ArtifactReference;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A result that is in the store.
 *
 * @param document its key there
 * @param sizeBytes of the document alone
 * @param model what it made; several results may have made the same
 */
record StoredResult(
        String document,
        Instant usedAt,
        long sizeBytes,
        @Nullable ArtifactReference model) {
    StoredResult usedAt(Instant time) {
        return new StoredResult(document, time, sizeBytes, model);
    }
}
