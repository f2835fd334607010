package dev.millrace.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.fixture.LocalTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DartsTest {
    /** Whether a bar lies, stands or leans, kernels of one pixel cannot see. */
    private static final String SPACE = """
            "space": {"kind": "images", "stages": 1, "stemWidth": 8, "stemKernel": 1, "block": ["conv", "separable"],
                "kernel": [1, 3], "depth": [1, 2], "skip": [false, true], "activation": ["relu", "hardSwish"]},
            "epochs": 3, "learningRate": 0.01, "latency": "none\"""";

    @TempDir
    Path directory;

    private TestTask task() throws IOException {
        return new TestTask(directory).images("training", 480, 1).images("validation", 60, 2);
    }

    private static String options(String more) {
        return "{" + SPACE + more + "}";
    }

    private static String chosen(StageResult result, String choice) {
        return Objects.requireNonNull(result.report().get("found"))
                .get("values")
                .get(choice)
                .asText();
    }

    @Test
    void findsTheOperationThatTheDataNeedsAndTrainsIt() throws IOException {
        var result = task().run(new Darts(), options(", \"blendEpochs\": 12, \"shareRate\": 0.03"));

        assertThat(chosen(result, "kernel")).isEqualTo("3");
        var shares = Objects.requireNonNull(result.report().get("found")).get("shares");
        assertThat(shares.get("kernel").get(1).doubleValue()).isGreaterThan(0.6);
        assertThat(shares.get("block").get(0).doubleValue()
                        + shares.get("block").get(1).doubleValue())
                .isEqualTo(1, org.assertj.core.api.Assertions.within(1e-6));
        assertThat(result.figures()).containsKeys("top1", "macs", "parameters", "bytes");
        var model = Model.read(Objects.requireNonNull(result.model()));
        assertThat(model.graph().initializers())
                .as("nothing of the blend is left")
                .noneMatch(tensor -> Mixture.isAlpha(tensor.name()));
    }

    @Test
    void takesTheLikeliestThatKeepsTheConstraints() throws IOException {
        // 16 pixels: a dense 3 × 3 convolution of 8 channels has 576 a pixel, the others at most 8 · 9 + 64
        var result = task().run(new Darts(), options(", \"blendEpochs\": 1, \"constraints\": {\"macs\": 7000}"));

        assertThat(result.figures().get("macs")).isLessThanOrEqualTo(7000);
        assertThatThrownBy(
                        () -> task().run(new Darts(), options(", \"blendEpochs\": 1, \"constraints\": {\"macs\": 9}")))
                .isInstanceOf(RefusedException.class)
                .hasMessageContainingAll("CONSTRAINT_BROKEN", "at most 9.0");
    }

    @Test
    void goesOnWhereAnEarlierAttemptEnded() throws IOException {
        var technique = new Darts(Duration.ZERO);
        var options = options(", \"blendEpochs\": 1");
        var whole = task().run(technique, options);

        var task = task().inAttempts();
        for (double end : new double[] {0.4, 0.8}) {
            assertThatThrownBy(() -> task.dieAt(end).run(technique, options)).isInstanceOf(LocalTask.Killed.class);
        }
        var resumed = task.dieAt(2).run(technique, options);

        assertThat(resumed.figures()).isEqualTo(whole.figures());
        assertThat(Files.readAllBytes(Objects.requireNonNull(resumed.model())))
                .isEqualTo(Files.readAllBytes(Objects.requireNonNull(whole.model())));
    }

    @Test
    void refusesChoicesThatAreNoOperations() {
        var open = options("").replace("\"stemWidth\": 8", "\"stemWidth\": [8, 16]");
        assertThatThrownBy(() -> task().run(new Darts(), open))
                .isInstanceOf(RefusedException.class)
                .hasMessageContainingAll("BAD_KNOB", "space, stemWidth", "[8, 16]", "only operations can be blended");
        assertThatThrownBy(() -> task().run(new Darts(), "{\"space\": \"derived\"}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("SPACE_MISFIT");
    }
}
