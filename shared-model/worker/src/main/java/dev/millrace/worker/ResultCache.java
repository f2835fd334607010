package dev.millrace.worker;

import dev.millrace.artifact.ArtifactStore;
import dev.millrace.message.CacheLookup;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Results by content key. They outlive jobs, workers and attempts; all processes that share the store share them. */
final class ResultCache {
    private static final Logger LOG = Logger.getLogger(ResultCache.class);

    private final ArtifactStore store;
    private final ResultIndex index;

    /** @param index of the results in the same store */
    ResultCache(ArtifactStore store, ResultIndex index) {
        this.store = store;
        this.index = index;
    }

    /** What to tell of a result that was there. */
    CacheLookup hit(TaskKey key, ResultManifest found) {
        return new CacheLookup(
                true,
                key.hex(),
                String.format(
                        Locale.ROOT,
                        "Computed before, in %.1f s: same stage, technique, options, models, data, seed%s.",
                        found.durationMillis() / 1e3,
                        key.parts().containsKey("machine.processor") ? ", versions and machine" : " and versions"),
                List.of());
    }

    /** What to tell of a result that was not there. */
    CacheLookup missed(TaskKey key) throws IOException {
        return index.missed(key);
    }

    /** The stored result, if there is one and its model is still there. */
    Optional<ResultManifest> find(TaskKey key) throws IOException {
        var document = store.document(key.resultDocument());
        if (document.isEmpty()) {
            return Optional.empty();
        }
        var manifest = Json.mapper().readValue(document.get(), ResultManifest.class);
        if (manifest.model() != null) {
            try {
                store.resolve(manifest.model());
            } catch (RefusedException e) {
                LOG.warnf("result %s is stored, its model is not: %s", key.hex(), e.getMessage());
                return Optional.empty();
            }
        }
        return Optional.of(manifest);
    }

    /** Stores a result; when another worker was first, its result is the one that counts and comes back. */
    ResultManifest keep(TaskKey key, ResultManifest manifest) throws IOException {
        var document = Json.mapper().writeValueAsBytes(manifest);
        index.stored(key);
        if (store.putDocument(key.resultDocument(), document)) {
            return manifest;
        }
        var first = find(key);
        if (first.isEmpty()) {
            store.replaceDocument(key.resultDocument(), document);
        }
        return first.orElse(manifest);
    }
}
