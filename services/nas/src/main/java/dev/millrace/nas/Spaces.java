package dev.millrace.nas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Reads spaces: described in options, in a file, or built in. */
final class Spaces {
    /** What a description of some kind says. */
    private interface Kind {
        /** @param model what candidates must take and give, or come from; may be changed */
        SearchSpace read(JsonNode description, Model model, StageContext context) throws IOException;
    }

    /** The kinds that a description may name. */
    private static final Map<String, Kind> KINDS = Map.of(
            "images", (description, model, context) -> new ImageSpace(description, model),
            "sequences", (description, model, context) -> new SequenceSpace(description, model),
            "derived", DerivedSpace::new);

    private Spaces() {}

    /**
     * The description of a space.
     *
     * @param space the description itself, the name of one that is built in, or the path of a YAML file with one
     * @throws RefusedException {@code UNKNOWN_SPACE}, {@code BAD_SPACE} if it is no YAML
     */
    static JsonNode described(JsonNode space) throws IOException {
        return space.isTextual() ? named(space.textValue()) : space;
    }

    /**
     * Reads a space.
     *
     * @param space as {@link #described}
     * @param context of the task whose model the space is for
     * @throws RefusedException {@code UNKNOWN_SPACE}, {@code BAD_SPACE}, {@code SPACE_MISFIT} if it does not fit the model,
     *     and those of its knobs
     */
    static SearchSpace read(JsonNode space, StageContext context) throws IOException {
        var description = described(space);
        if (!description.isObject()) {
            throw new RefusedException(
                    "BAD_SPACE", "space", description.toString(), "kind: and the knobs of that kind");
        }
        var kind = description.path("kind").asText("");
        var known = KINDS.get(kind);
        if (known == null) {
            throw new RefusedException("BAD_SPACE", "space, kind", kind, NearestName.choices(kind, KINDS.keySet()));
        }
        return known.read(description, ModelGate.open(context.model()), context);
    }

    private static JsonNode named(String name) throws IOException {
        try (var builtIn = Spaces.class.getResourceAsStream(name + ".yaml")) {
            if (builtIn != null) {
                return parsed(name, builtIn);
            }
        }
        var file = Path.of(name);
        if (!Files.isRegularFile(file)) {
            throw new RefusedException(
                    "UNKNOWN_SPACE",
                    "space",
                    name,
                    "a description, the address of a YAML file with one, or "
                            + NearestName.choices(name, KINDS.keySet()));
        }
        try (var in = Files.newInputStream(file)) {
            return parsed(String.valueOf(file.getFileName()), in);
        }
    }

    private static JsonNode parsed(String where, InputStream in) throws IOException {
        try {
            return new YAMLMapper().readTree(in);
        } catch (JsonProcessingException e) {
            throw new RefusedException("BAD_SPACE", where, e.getOriginalMessage(), "YAML");
        }
    }
}
