package dev.millrace.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrialTest {
    private static final String SPACE = """
            "space": {"kind": "images", "stages": [1, 2], "stemWidth": [4, 8], "block": ["conv", "separable", "inverted"],
                "depth": 2, "expansion": [2, 3], "skip": true, "growth": 1.5}""";

    @TempDir
    Path directory;

    private static String options(String values, String more) {
        return "{" + SPACE + ", \"values\": {" + values + "}" + more + "}";
    }

    private TestTask task() throws IOException {
        return new TestTask(directory).images("training", 240, 1).images("validation", 60, 2);
    }

    @Test
    void trainsTheArchitectureAskedForAndMeasuresIt() throws IOException {
        var values = "\"stages\": 2, \"stemWidth\": 8, \"block\": \"conv\"";

        var result = task().run(new Trial(), options(values, ", \"epochs\": 6, \"learningRate\": 0.01"));

        assertThat(result.figures().get("top1")).isGreaterThan(0.9);
        assertThat(result.figures()).containsKeys("parameters", "bytes", "macs", "latencyMillis");
        // 64 pixels: stem 9·8; 16 pixels: 9·8·8 twice; 4 pixels: 9·8·12 and 9·12·12; dense 12·3
        assertThat(result.figures().get("macs")).isEqualTo(64 * 72 + 16 * 2 * 576 + 4 * (864 + 1296) + 36);
    }

    @Test
    void isTheSameForTheSameSeed() throws IOException {
        var values = "\"stages\": 1, \"stemWidth\": 4, \"block\": \"inverted\", \"expansion\": 3";
        var options = options(values, ", \"epochs\": 1, \"latency\": \"none\"");
        var task = task();

        var first = task.run(new Trial(), options);
        var second = task.run(new Trial(), options);

        assertThat(first.figures()).isEqualTo(second.figures());
        assertThat(Files.readAllBytes(Objects.requireNonNull(first.model())))
                .isEqualTo(Files.readAllBytes(Objects.requireNonNull(second.model())));
    }

    @Test
    void refusesWhatBreaksAConstraintBeforeItTrains() throws IOException {
        var values = "\"stages\": 2, \"stemWidth\": 8, \"block\": \"conv\"";
        var task = task();

        assertThatThrownBy(() -> task.run(new Trial(), options(values, ", \"constraints\": {\"macs\": 1000}")))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("CONSTRAINT_BROKEN")
                .hasMessageContaining("at most 1000.0");
    }

    @Test
    void onlyBuildsAndMeasuresWithoutABudget() throws IOException {
        var values = "\"stages\": 1, \"stemWidth\": 4, \"block\": \"separable\"";

        var result = task().run(new Trial(), options(values, ", \"budget\": 0, \"latency\": \"none\""));

        assertThat(result.figures().keySet()).containsExactlyInAnyOrder("parameters", "bytes", "macs");
        var model = Model.read(Objects.requireNonNull(result.model()));
        assertThat(model.nodes().filter(node -> node.integer("group", 1) > 1)).hasSize(2);
    }

    @Test
    void timesEveryOperatorOnce() throws IOException {
        var values = "\"stages\": 1, \"stemWidth\": 4, \"block\": \"conv\"";
        var options = options(values, ", \"budget\": 0, \"latency\": \"table\"");
        var task = task();

        var first = task.run(new Trial(), options).figures().get("latencyMillis");
        var again = task.run(new Trial(), options).figures().get("latencyMillis");

        assertThat(first).isPositive();
        assertThat(again).isEqualTo(first);
        try (var entries = Files.list(directory.resolve("cache"))) {
            assertThat(entries)
                    .as("doing nothing, stem, two layers that differ, dense")
                    .hasSize(5);
        }
    }

    @Test
    void refusesAValueThatTheSpaceDoesNotHave() throws IOException {
        var task = task();

        assertThatThrownBy(() -> task.run(new Trial(), options("\"stages\": 3, \"stemWidth\": 4", "")))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("BAD_ARCHITECTURE")
                .hasMessageContaining("values, stages")
                .hasMessageContaining("[1, 2]");
        assertThatThrownBy(() -> task.run(
                        new Trial(),
                        options("\"stages\": 1, \"stemWidth\": 4, \"block\": \"conv\", \"expansion\": 3", "")))
                .as("expansion matters to inverted blocks only")
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("expansion");
    }

    @Test
    void costsOnlyItselfWhenTrainingDiverges() throws IOException {
        var values = "\"stages\": 1, \"stemWidth\": 4, \"block\": \"conv\"";
        var options = options(values, ", \"epochs\": 3, \"optimizer\": \"sgd\", \"learningRate\": 1e30");
        var task = task();

        assertThatThrownBy(() -> task.run(new Trial(), options))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("TRAINING_DIVERGED");
    }
}
