package dev.millrace.pruning.sparsity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Model;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.pruning.Attempt;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RandomControlTest {
    @TempDir
    Path directory;

    @Test
    void drawsExactlyTheSparsityAskedFor() throws IOException {
        var values = prune(1).graph().constant("fc1.weight").orElseThrow().floats();
        int zeros = 0;
        for (var value : values) {
            zeros += value == 0 ? 1 : 0;
        }
        assertThat(zeros).isEqualTo(Math.round(0.3 * values.length));
    }

    @Test
    void theSeedDecides() throws IOException {
        assertThat(prune(1)).isEqualTo(prune(1)).isNotEqualTo(prune(2));
    }

    private Model prune(long seed) throws IOException {
        return Attempt.model(Attempt.of(directory, TinyModels.mlp(), seed)
                .run(new Sparsify(new RandomControl()), "{\"sparsity\": 0.3, \"format\": \"dense\"}"));
    }
}
