package dev.millrace.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.DoubleNode;
import dev.millrace.message.Minimise;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeFileTest {
    @TempDir
    Path directory;

    @Test
    void yamlAndJsonSayTheSame() throws IOException {
        var yaml = write("r.yaml", """
                stages:
                  - {stage: pruning, technique: magnitude, options: {sparsity: 0.5}}
                data:
                  evaluation: {uri: digits.csv, format: csv}
                objective: {metric: top1, maxDrop: 0.01, minimise: bytes}
                seed: 7
                """);
        var json = write("r.json", """
                {"stages": [{"stage": "pruning", "technique": "magnitude", "options": {"sparsity": 0.5}}],
                 "data": {"evaluation": {"uri": "digits.csv", "format": "csv"}},
                 "objective": {"metric": "top1", "maxDrop": 0.01, "minimise": "bytes"}, "seed": 7}
                """);

        var recipe = RecipeFile.read(yaml);

        assertThat(recipe).isEqualTo(RecipeFile.read(json));
        assertThat(recipe.seed()).isEqualTo(7);
        assertThat(recipe.objective()).isNotNull().extracting(o -> o.minimise()).isEqualTo(Minimise.BYTES);
        assertThat(recipe.stages().get(0).options()).containsEntry("sparsity", DoubleNode.valueOf(0.5));
    }

    @Test
    void aMistypedFieldIsRefusedWithTheOneThatWasMeant() throws IOException {
        var recipe = write("r.yaml", "stages: []\nobjective: {maxDrip: 0.1}\n");

        assertThatThrownBy(() -> RecipeFile.read(recipe))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("objective.maxDrip")
                .hasMessageContaining("did you mean 'maxDrop'");
    }

    @Test
    void brokenYamlIsRefusedWithItsLine() throws IOException {
        var recipe = write("r.yaml", "stages:\n  - {stage: pruning\n");

        assertThatThrownBy(() -> RecipeFile.read(recipe))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("line 3");
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }
}
