package dev.millrace.it.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.LineageStep;
import dev.millrace.message.Trial;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Searches through the real flow, on the digits of the demo: each trial is a task, the orchestrator chooses the next one. */
class SearchIT {
    @TempDir
    Path directory;

    @Test
    void recipesAreTriedAndTheSmallestWithinTheLimitIsTheResult() throws Exception {
        var report = Digits.unpackedInto(directory)
                .compress("small", List.of("--max-drop", "0.02", "--minimise", "bytes", "--budget", "trials=3"));

        assertThat(report.objectiveMet()).isTrue();
        assertThat(report.tried()).hasSize(3);
        assertThat(report.front()).isNotEmpty();
        assertThat(report.evaluation().result().sizeBytes())
                .isLessThan(report.evaluation().baseline().sizeBytes());
        assertThat(report.lineage()).extracting(LineageStep::stage).endsWith("evaluation");
    }

    @Test
    void theResultOfASearchedArchitectureGoesOnToTheNextStage() throws Exception {
        var report = Digits.unpackedInto(directory)
                .compress(
                        "found",
                        List.of(
                                "--stage", "nas:search,space=derived,strategy=random,trials=3,epochs=1,latency=none",
                                "--stage", "quantization:static-int8"));

        assertThat(report.tried()).hasSize(3).extracting(Trial::state).containsOnly(Trial.State.DONE);
        assertThat(report.front()).allSatisfy(point -> {
            assertThat(point.figures()).containsKeys("top1", "macs");
            assertThat(point.model()).isNotNull();
        });
        assertThat(report.lineage())
                .extracting(LineageStep::stage)
                .containsSubsequence("nas", "quantization", "evaluation");
        assertThat(Objects.requireNonNull(report.evaluation().result().macs()))
                .isLessThanOrEqualTo(
                        Objects.requireNonNull(report.evaluation().baseline().macs()));
    }
}
