package dev.millrace.standalone.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.millrace.message.Json;
import dev.millrace.message.NearestName;
import dev.millrace.message.Recipe;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Reads recipes. A person wrote it, so unlike in an event a name that nobody knows is refused: it is a slip. */
final class RecipeFile {
    private RecipeFile() {}

    /**
     * @param file YAML, or JSON, which YAML contains
     * @throws RefusedException if there is no such file or it is no recipe
     */
    static Recipe read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new RefusedException("NOT_FOUND", "--recipe", "no file at " + file, "a recipe in YAML or JSON");
        }
        try {
            JsonNode tree = new YAMLMapper().readTree(Files.readAllBytes(file));
            if (!tree.isObject()) {
                throw new RefusedException("BAD_RECIPE", file.toString(), "no recipe", "stages: and a list of stages");
            }
            refuseUnknown(tree, Recipe.class, file + ": ");
            return Json.read(tree, Recipe.class);
        } catch (JsonProcessingException e) {
            var at = e.getLocation();
            throw new RefusedException(
                    "BAD_RECIPE",
                    at == null ? file.toString() : file + " line " + at.getLineNr() + " column " + at.getColumnNr(),
                    e.getOriginalMessage(),
                    "YAML or JSON");
        }
    }

    private static void refuseUnknown(JsonNode tree, Class<?> type, String where) {
        List<String> known = Stream.of(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
        tree.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw new RefusedException(
                        "UNKNOWN_FIELD", where + name, "no such field", NearestName.choices(name, known));
            }
        });
        for (RecordComponent component : type.getRecordComponents()) {
            JsonNode value = tree.path(component.getName());
            if (component.getType().isRecord() && value.isObject()) {
                refuseUnknown(value, component.getType(), where + component.getName() + ".");
            }
        }
    }
}
