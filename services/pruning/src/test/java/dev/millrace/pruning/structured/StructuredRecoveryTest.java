package dev.millrace.pruning.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.pruning.Attempt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pruned perceptron learns to answer as it did before. */
class StructuredRecoveryTest {
    private static final int ROWS = 512;

    @TempDir
    private Path directory;

    @Test
    void learnsFromTheUnprunedModelWhereThereIsTrainingData() throws IOException {
        var result = task().run(new Structured(), "{\"learningRate\": 0.01, \"reconstruct\": false}");

        var recovery = Attempt.reported(result, "recovery");
        assertThat(recovery.path("method").textValue()).isEqualTo("distill");
        assertThat(recovery.path("epochs").asInt()).isEqualTo(2);
        assertThat(recovery.path("after").path("cosine").asDouble())
                .isGreaterThan(recovery.path("before").path("cosine").asDouble());
        assertThat(Attempt.reported(result, "targetMet").booleanValue()).isTrue();
    }

    /** The unpruned model never saw the labels. */
    @Test
    void becomesBetterThanAWeakTeacherByLabels() throws IOException {
        var result = Attempt.of(directory, TinyModels.mlp())
                .rows("training", 2000, row -> row[0] > 0 ? 1 : 0)
                .rows("validation", 2000, row -> row[0] > 0 ? 1 : 0)
                .run(new Structured(), "{\"learningRate\": 0.02, \"epochs\": 10}");

        var recovery = Attempt.reported(result, "recovery");
        double byTeacher = recovery.path("endings").path("byTeacher").asDouble();
        double byLabels = recovery.path("endings").path("byLabels").asDouble();
        assertThat(byLabels).isGreaterThan(0.9).isGreaterThan(byTeacher);
        assertThat(recovery.path("after").path("top1").asDouble())
                .isGreaterThan(recovery.path("teacher").path("top1").asDouble());
    }

    @Test
    void leavesTheModelAsItIsWithoutData() throws IOException {
        var result = Attempt.of(directory, TinyModels.mlp()).run(new Structured(), "{}");

        assertThat(Attempt.reported(result, "recovery").toString()).isEqualTo("{\"method\":\"none\"}");
    }

    @Test
    void goesOnAfterAKillToTheSameBytes() throws IOException {
        var often = new Structured(Duration.ZERO);
        var whole = task();
        var killed = task();

        var expected =
                Files.readAllBytes(Objects.requireNonNull(whole.run(often, "{}").model()));
        assertThatThrownBy(() -> killed.dieAt(0.7).run(often, "{}")).isInstanceOf(Attempt.Killed.class);
        int before = killed.saved();
        var found = Files.readAllBytes(
                Objects.requireNonNull(killed.run(often, "{}").model()));

        assertThat(before).isBetween(1, whole.saved() - 1);
        assertThat(killed.saved()).isEqualTo(whole.saved());
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void refusesToFineTuneWithoutLabels() throws IOException {
        var task = task();
        assertThatThrownBy(() -> task.run(new Structured(), "{\"recovery\": \"fineTune\"}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("LABELS_MISSING");
    }

    private Attempt task() throws IOException {
        return Attempt.of(directory, TinyModels.mlp()).rows("training", ROWS, null);
    }
}
