package dev.millrace.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.DataReference;
import dev.millrace.message.Recipe;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Data references with addresses in place of paths.
 *
 * <p>A path is relative to the working directory or the recipe file; the options that name files may also be relative to
 * the directory of the data.
 */
record DataFiles(Path directory, Addresses addresses) {
    /** Options whose value is a file. */
    private static final Set<String> FILE_OPTIONS = Set.of("tokenizer", "alphabet", "labels");

    private static final Pattern ADDRESS = Pattern.compile("(file|millrace):.*");

    /** The recipe with addresses. */
    Recipe resolve(Recipe recipe) throws IOException {
        Map<String, DataReference> resolved = new LinkedHashMap<>();
        for (var entry : recipe.data().entrySet()) {
            resolved.put(entry.getKey(), resolve(entry.getKey(), entry.getValue()));
        }
        return new Recipe(
                recipe.stages(),
                recipe.auto(),
                resolved,
                recipe.objective(),
                recipe.seed(),
                recipe.target(),
                recipe.name());
    }

    /** @throws RefusedException if a file is not there */
    DataReference resolve(String role, DataReference data) throws IOException {
        if (ADDRESS.matcher(data.uri()).matches()) {
            return data;
        }
        Path file = existing("data." + role, data.uri(), List.of(directory));
        Map<String, JsonNode> options = new LinkedHashMap<>(data.options());
        for (String name : FILE_OPTIONS) {
            JsonNode value = options.get(name);
            if (value != null && value.isTextual() && namesFile(name, value.textValue(), file)) {
                String where = "data." + role + "." + name;
                options.put(name, TextNode.valueOf(addresses.of(existing(where, value.textValue(), places(file)))));
            }
        }
        return new DataReference(addresses.of(file), data.format(), options);
    }

    /** A tokenizer or an alphabet is always a file; labels may also be a column or an array. */
    private boolean namesFile(String option, String value, Path data) {
        return !ADDRESS.matcher(value).matches()
                && (!option.equals("labels")
                        || places(data).stream().anyMatch(place -> Files.exists(place.resolve(value))));
    }

    private List<Path> places(Path data) {
        Path parent = data.getParent();
        return parent == null ? List.of(directory) : List.of(directory, parent);
    }

    private static Path existing(String where, String path, List<Path> places) throws IOException {
        List<Path> candidates =
                places.stream().map(place -> place.resolve(path).normalize()).toList();
        Path found = candidates.stream()
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        "NOT_FOUND",
                        where,
                        "nothing at "
                                + String.join(
                                        " or ",
                                        candidates.stream().map(Path::toString).toList()),
                        "a file or directory, a file: or a millrace: address"));
        return found.toRealPath();
    }
}
