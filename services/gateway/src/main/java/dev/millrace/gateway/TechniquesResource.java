package dev.millrace.gateway;

import dev.millrace.message.NearestName;
import dev.millrace.message.StageRegistered;
import dev.millrace.message.TechniqueDescription;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Comparator;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What the workers that have announced themselves can do. */
@Path("/v1/techniques")
@Tag(name = "Techniques")
@Produces(MediaType.APPLICATION_JSON)
public class TechniquesResource {
    private final Views views;

    TechniquesResource(Views views) {
        this.views = views;
    }

    @GET
    @Operation(summary = "All stages with their techniques and options")
    public List<StageRegistered> stages() {
        return views.catalogue().stages().values().stream()
                .sorted(Comparator.comparing(StageRegistered::stage))
                .toList();
    }

    @GET
    @Path("/{stage}")
    @Operation(summary = "The techniques of a stage")
    @APIResponse(responseCode = "404", description = "No worker of this stage has announced itself")
    public StageRegistered stage(@PathParam("stage") String stage) {
        var catalogue = views.catalogue();
        return catalogue
                .stage(stage)
                .orElseThrow(() -> HttpProblem.notFound(
                        "UNKNOWN_STAGE",
                        "stage",
                        stage,
                        NearestName.choices(stage, catalogue.stages().keySet())));
    }

    @GET
    @Path("/{stage}/{name}")
    @Operation(summary = "One technique with its options")
    @APIResponse(responseCode = "404", description = "The stage has no technique of this name")
    public TechniqueDescription technique(@PathParam("stage") String stage, @PathParam("name") String name) {
        var techniques = stage(stage).techniques();
        return techniques.stream()
                .filter(technique -> technique.name().equals(name))
                .findFirst()
                .orElseThrow(() -> HttpProblem.notFound(
                        "UNKNOWN_TECHNIQUE",
                        "technique",
                        name,
                        NearestName.choices(
                                name,
                                techniques.stream()
                                        .map(TechniqueDescription::name)
                                        .toList())));
    }
}
