package dev.millrace.gateway;

import dev.millrace.artifact.ArtifactStore;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.ArtifactReference.ExternalFile;
import dev.millrace.message.RefusedException;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.multipart.FileUpload;
import org.jspecify.annotations.Nullable;

/** Models and data: in and out, at any size, in constant memory. */
@Path("/v1/artifacts")
@Tag(name = "Artifacts")
public class ArtifactsResource {
    private static final Pattern ADDRESS = Pattern.compile("[0-9a-f]{64}");

    private final ArtifactStore store;

    ArtifactsResource(ArtifactStore store) {
        this.store = store;
    }

    @POST
    @Consumes(MediaType.APPLICATION_OCTET_STREAM)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(summary = "Uploads a file", description = "The answer is the reference that requests name.")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_OCTET_STREAM,
                            schema = @Schema(type = SchemaType.STRING, format = "binary")))
    @APIResponse(
            responseCode = "201",
            description = "Stored; Location downloads it",
            content = @Content(schema = @Schema(implementation = ArtifactReference.class)))
    @APIResponse(responseCode = "507", description = "The store is full; nothing was kept")
    public Response upload(InputStream bytes) throws IOException {
        return created(store.put(bytes));
    }

    @POST
    @Consumes(MediaType.MULTIPART_FORM_DATA)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Uploads a model with external data",
            description =
                    "Part 'model' is the ONNX file; every other part has the name that the model refers to it by.")
    @APIResponse(
            responseCode = "201",
            description = "Stored; Location downloads the model",
            content = @Content(schema = @Schema(implementation = ArtifactReference.class)))
    @APIResponse(responseCode = "507", description = "The store is full; nothing was kept")
    public Response uploadParts(@RestForm(FileUpload.ALL) List<FileUpload> parts) throws IOException {
        try (var staged = StagedModel.of(parts)) {
            return created(store.put(staged.model(), staged.external()));
        }
    }

    @GET
    @Path("/{sha256}")
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    @Operation(
            summary = "Downloads a file",
            description = "Ranges and entity tags work. Link headers name external data.")
    @APIResponse(responseCode = "200", description = "The bytes")
    @APIResponse(responseCode = "206", description = "The range that was asked for")
    @APIResponse(responseCode = "404", description = "The store has no artifact of this address")
    public Response download(
            @PathParam("sha256") String address,
            @HeaderParam(ArtifactDownload.RANGE) @Nullable String range,
            @HeaderParam(ArtifactDownload.IF_RANGE) @Nullable String ifRange,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch)
            throws IOException {
        return ArtifactDownload.of(
                        store, reference(address), new ArtifactDownload.Conditions(range, ifRange, ifNoneMatch))
                .build();
    }

    @GET
    @Path("/{sha256}/{name:.+}")
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    @Operation(summary = "Downloads external data of a model")
    @APIResponse(responseCode = "200", description = "The bytes")
    @APIResponse(responseCode = "404", description = "The artifact has no external data of this name")
    public Response downloadExternal(
            @PathParam("sha256") String address,
            @PathParam("name") String name,
            @HeaderParam(ArtifactDownload.RANGE) @Nullable String range,
            @HeaderParam(ArtifactDownload.IF_RANGE) @Nullable String ifRange,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch)
            throws IOException {
        var identified = store.identify(reference(address));
        var part = identified.external().stream()
                .filter(file -> file.name().equals(name))
                .findFirst()
                .orElseThrow(() -> HttpProblem.notFound(
                        "NOT_FOUND",
                        "external data",
                        name,
                        "one of "
                                + identified.external().stream()
                                        .map(ExternalFile::name)
                                        .toList()));
        return ArtifactDownload.external(store.resolve(identified), part)
                .response(new ArtifactDownload.Conditions(range, ifRange, ifNoneMatch))
                .build();
    }

    private static ArtifactReference reference(String address) {
        if (!ADDRESS.matcher(address).matches()) {
            throw new RefusedException("BAD_FIELD", "sha256", "no digest", "64 lower-case hex digits");
        }
        return ArtifactReference.of(ArtifactDownload.PREFIX + address);
    }

    private static Response created(ArtifactReference stored) {
        String address = stored.uri().substring(ArtifactDownload.PREFIX.length());
        return Response.created(URI.create("/v1/artifacts/" + address))
                .entity(stored)
                .build();
    }
}
