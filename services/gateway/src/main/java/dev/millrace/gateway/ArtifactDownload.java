package dev.millrace.gateway;

import dev.millrace.artifact.ArtifactStore;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.ArtifactReference.ExternalFile;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jboss.resteasy.reactive.PathPart;
import org.jspecify.annotations.Nullable;

/**
 * A file of an artifact on its way out: whole or a range, never twice to who has it already.
 *
 * @param file on this machine
 * @param sha256 digest of its content, which is its entity tag
 */
record ArtifactDownload(Path file, String sha256, long sizeBytes) {
    /** Before the address of a stored artifact in its URI. */
    static final String PREFIX = "millrace:sha256/";

    static final String RANGE = "Range";
    static final String IF_RANGE = "If-Range";
    private static final String ACCEPT_RANGES = "Accept-Ranges";
    private static final String CONTENT_RANGE = "Content-Range";

    /** What the client says about the bytes that it wants and has. */
    record Conditions(
            @Nullable String range,
            @Nullable String ifRange,
            @Nullable String ifNoneMatch) {}

    Response.ResponseBuilder response(Conditions conditions) {
        String tag = '"' + sha256 + '"';
        if (conditions.ifNoneMatch() != null
                && (conditions.ifNoneMatch().contains(tag)
                        || conditions.ifNoneMatch().strip().equals("*"))) {
            return Response.notModified().header(HttpHeaders.ETAG, tag);
        }
        boolean sameAsBefore =
                conditions.ifRange() == null || conditions.ifRange().equals(tag);
        var range = sameAsBefore ? ByteRange.of(conditions.range(), sizeBytes) : Optional.<ByteRange>empty();
        if (range.isPresent() && range.get().count() == 0) {
            return Response.status(HttpProblem.RANGE_NOT_SATISFIABLE).header(CONTENT_RANGE, "bytes */" + sizeBytes);
        }
        var part = range.orElse(new ByteRange(0, sizeBytes));
        var response = Response.status(range.isPresent() ? 206 : 200)
                .entity(new PathPart(file, part.offset(), part.count()))
                .type(MediaType.APPLICATION_OCTET_STREAM_TYPE)
                .header(HttpHeaders.ETAG, tag)
                .header(HttpHeaders.CACHE_CONTROL, "max-age=31536000, immutable")
                .header(ACCEPT_RANGES, "bytes");
        return range.isPresent() ? response.header(CONTENT_RANGE, part.contentRange(sizeBytes)) : response;
    }

    /** The model of a reference, with links to its external data. */
    static Response.ResponseBuilder of(ArtifactStore store, ArtifactReference reference, Conditions conditions)
            throws IOException {
        var identified = store.identify(reference);
        var model = new ArtifactDownload(
                store.resolve(identified),
                Objects.requireNonNull(identified.sha256()),
                Objects.requireNonNull(identified.sizeBytes()));
        var response = model.response(conditions);
        String address = identified.uri().substring(PREFIX.length());
        identified.external().forEach(part -> response.header(HttpHeaders.LINK, link(address, part)));
        return response;
    }

    static ArtifactDownload external(Path model, ExternalFile part) {
        return new ArtifactDownload(model.resolveSibling(part.name()), part.sha256(), part.sizeBytes());
    }

    private static String link(String address, ExternalFile part) {
        String name = URLEncoder.encode(part.name(), StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%2F", "/");
        return "</v1/artifacts/" + address + "/" + name + ">; rel=\"related\"; title*=UTF-8''" + name;
    }
}
