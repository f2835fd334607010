package dev.millrace.standalone.cli;

import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.DataReference;
import dev.millrace.message.Recipe;
import dev.millrace.message.RequestRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExampleRecipesTest {
    private static final ArtifactReference MODEL = ArtifactReference.of("file:/model.onnx");

    static List<Path> recipes() throws IOException {
        try (Stream<Path> examples = Files.list(Path.of("..", "..", "deploy", "examples"))) {
            return Stream.concat(
                            examples.sorted(),
                            Stream.of(Path.of("src/main/resources/dev/millrace/standalone/demo/recipe.yaml")))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void everyShippedRecipeIsAcceptedByTheTechniquesItNames(Path file) throws IOException {
        Recipe recipe = RecipeFile.read(file);
        Map<String, DataReference> data = recipe.data().entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> elsewhere(entry.getValue())));
        var request = new Recipe(recipe.stages(), null, data, recipe.objective(), 0, null, null).request(MODEL);

        assertThatNoException().isThrownBy(() -> new RequestRules(LocalCatalogue.load(), Set.of()).check(request));
    }

    /** The example's files are the reader's. */
    private static DataReference elsewhere(DataReference data) {
        return new DataReference("file:/" + data.uri(), data.format(), data.options());
    }
}
