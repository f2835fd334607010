package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A recipe file, YAML or JSON: a request without its model, so that it can be used for many.
 *
 * <pre>{@code
 * stages:
 *   - {stage: pruning, technique: magnitude, options: {sparsity: 0.5}}
 *   - {stage: quantization, technique: static-int8}
 * data:
 *   calibration: {uri: calibration.npz}
 * objective: {metric: top1, maxDrop: 0.01, minimise: latency}
 * }</pre>
 *
 * <p>Its JSON Schema is the resource {@code schema/recipe.schema.json} beside this class.
 *
 * @param stages in order; empty only with {@code auto}
 * @param data by role. In a file an address may also be a path, relative to the file; whoever reads it makes it a URI
 */
public record Recipe(
        List<StageStep> stages,
        @Nullable AutoBudget auto,
        Map<String, DataReference> data,
        @Nullable Objective objective,
        @JsonProperty(defaultValue = "0") long seed,
        @Nullable String target,
        @Nullable String name) {
    public Recipe {
        stages = stages == null ? List.of() : List.copyOf(stages);
        data = data == null ? Map.of() : Map.copyOf(data);
    }

    /**
     * Reads a recipe. Unlike an event it may have no unknown fields: a person wrote it, and a mistyped word would
     * silently count for nothing.
     *
     * @param file the parsed file
     * @throws RefusedException naming the field, with code {@code MISSING_FIELD}, {@code BAD_FIELD} or {@code
     *     UNKNOWN_FIELD}
     */
    public static Recipe read(JsonNode file) {
        KnownFields.check(file, Recipe.class, "");
        return Json.read(file, Recipe.class);
    }

    /** The request that applies this recipe to a model. */
    public CompressionRequested request(ArtifactReference model) {
        return new CompressionRequested(model, data, stages, auto, objective, seed, target, name);
    }
}
