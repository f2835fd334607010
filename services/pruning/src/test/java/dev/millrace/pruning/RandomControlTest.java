package dev.millrace.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Model;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
        var first = Attempt.of(directory, TinyModels.mlp());
        var attempt = new Attempt(first.model(), first.workDirectory(), seed);
        return Attempt.model(
                attempt.run(new RandomControl(), new RandomControl.Options(0.3, List.of(), false, Format.DENSE)));
    }
}
