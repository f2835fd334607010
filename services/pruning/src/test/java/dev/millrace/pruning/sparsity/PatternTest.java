package dev.millrace.pruning.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.pruning.Attempt;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PatternTest {
    private static final Sparsify MAGNITUDE = new Sparsify(new Magnitude());

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"2, 4", "4, 8", "1, 2", "1, 8"})
    void keepsExactlyNOfEveryMInputChannels(int n, int m) throws IOException {
        var original = TinyModels.cnn();
        var result = Attempt.of(directory, original).run(MAGNITUDE, pattern(n, m));
        var before = original.graph().constant("conv2.weight").orElseThrow().floats();
        var after = Attempt.model(result)
                .graph()
                .constant("conv2.weight")
                .orElseThrow()
                .floats();
        // (8, 8, 3, 3): input channels are 9 elements apart
        for (int filter = 0; filter < 8; filter++) {
            for (int position = 0; position < 9; position++) {
                for (int group = 0; group < 8; group += m) {
                    int kept = 0;
                    float smallestKept = Float.MAX_VALUE;
                    float largestRemoved = 0;
                    for (int i = group; i < group + m; i++) {
                        int index = (filter * 8 + i) * 9 + position;
                        float magnitude = Math.abs(before[index]);
                        if (after[index] == 0) {
                            largestRemoved = Math.max(largestRemoved, magnitude);
                        } else {
                            kept++;
                            smallestKept = Math.min(smallestKept, magnitude);
                        }
                    }
                    assertThat(kept).isEqualTo(n);
                    assertThat(largestRemoved).isLessThanOrEqualTo(smallestKept);
                }
            }
        }
    }

    @Test
    void layersWhoseChannelsDoNotDivideAreNamed() throws IOException {
        var original = TinyModels.cnn();
        var result = Attempt.of(directory, original).run(MAGNITUDE, pattern(2, 4));
        assertThat(Attempt.model(result).graph().constant("conv1.weight"))
                .isEqualTo(original.graph().constant("conv1.weight"));
        assertThat(Attempt.reported(result, "notes").toString())
                .contains("conv1.weight")
                .contains("multiple of 4");
    }

    @Test
    void groupsFollowTheLayoutOfGemm() throws IOException {
        var result = Attempt.of(directory, TinyModels.mlp()).run(MAGNITUDE, pattern(2, 4));
        var weight = Attempt.model(result)
                .graph()
                .constant("fc1.weight")
                .orElseThrow()
                .floats(); // (32, 16), transB=1
        for (int first = 0; first < weight.length; first += 4) {
            int kept = 0;
            for (int i = first; i < first + 4; i++) {
                kept += weight[i] == 0 ? 0 : 1;
            }
            assertThat(kept).isEqualTo(2);
        }
    }

    @Test
    void aPatternThatNotEveryLayerFitsIsNotMet() throws IOException {
        var result = Attempt.of(directory, TinyModels.cnn()).run(MAGNITUDE, pattern(2, 4));

        assertThat(Attempt.reported(result, "targetMet").asBoolean()).isFalse();
        assertThat(Attempt.reported(result, "notes").toString()).contains("50.0 % zeros is not met");
    }

    @Test
    void aPatternThatNoLayerFitsIsRefused() throws IOException {
        var attempt = Attempt.of(directory, TinyModels.mlp());

        assertThatThrownBy(() -> attempt.run(MAGNITUDE, pattern(2, 5)))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NOTHING_TO_PRUNE")
                .hasMessageContaining("2:5");
    }

    @ParameterizedTest
    @ValueSource(strings = {"4:4", "0:4", "2", "2:100", "a:b", "2:4:8"})
    void impossiblePatternsAreRefused(String pattern) throws IOException {
        var attempt = Attempt.of(directory, TinyModels.mlp());

        assertThatThrownBy(() -> attempt.run(MAGNITUDE, "{\"pattern\": \"" + pattern + "\"}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("BAD_OPTION")
                .hasMessageContaining("pattern=" + pattern);
    }

    private static String pattern(int n, int m) {
        return "{\"pattern\": \"" + n + ":" + m + "\", \"format\": \"dense\"}";
    }
}
