package dev.millrace.message;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a model or a file is. Models never travel in Kafka; this does.
 *
 * @param uri {@code millrace:sha256/<hex>} for the artifact store, or {@code file:} under a configured root
 * @param sha256 lower-case hex digest of the bytes; absent while nobody has computed it
 * @param sizeBytes size of the file; absent while nobody has measured it
 * @param external files that the model refers to as external data, in name order; empty for most models
 */
public record ArtifactReference(
        String uri, @Nullable String sha256, @Nullable Long sizeBytes, List<ExternalFile> external) {

    public ArtifactReference {
        external = external == null ? List.of() : List.copyOf(external);
    }

    public static ArtifactReference of(String uri) {
        return new ArtifactReference(uri, null, null, List.of());
    }

    /** Sum of the model file and its external files, or 0 where the sizes are unknown. */
    public long totalBytes() {
        return (sizeBytes == null ? 0 : sizeBytes)
                + external.stream().mapToLong(ExternalFile::sizeBytes).sum();
    }

    /**
     * External tensor data beside a model.
     *
     * @param name path relative to the model file, as the model spells it
     */
    public record ExternalFile(String name, String sha256, long sizeBytes) {}
}
