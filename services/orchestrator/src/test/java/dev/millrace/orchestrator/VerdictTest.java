package dev.millrace.orchestrator;

import static dev.millrace.orchestrator.Jobs.measurements;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.Evaluation;
import dev.millrace.message.Minimise;
import dev.millrace.message.Objective;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class VerdictTest {
    @Test
    void allowsTheDropThatWasNamedAndNoMore() {
        assertThat(of(new Objective("top1", 0.25, null), 500, 0.5, 1).met()).isTrue();
        assertThat(of(new Objective("top1", 0.2499, null), 500, 0.5, 1).met()).isFalse();
    }

    @Test
    void acceptsAMetricThatRose() {
        assertThat(of(new Objective("top1", 0.0, null), 500, 0.8, 1).met()).isTrue();
    }

    @Test
    void takesTheEvaluationsMetricWhenNoneIsNamed() {
        assertThat(of(new Objective(null, 0.1, null), 500, 0.5, 1).met()).isFalse();
    }

    @Test
    void comparesAgreementWithTheOriginalToFullAgreement() {
        assertThat(of(new Objective("cosine", 0.02, null), 500, 0.1, 1).met()).isTrue();
        assertThat(of(new Objective("cosine", 0.005, null), 500, 0.1, 1).met()).isFalse();
    }

    @Test
    void readsErrorsTheOtherWayRound() {
        assertThat(of(new Objective("relativeError", 0.02, null), 500, 0.1, 1).met())
                .isTrue();
        assertThat(of(new Objective("relativeError", 0.005, null), 500, 0.1, 1).met())
                .isFalse();
    }

    @Test
    void doesNotCallMetWhatWasNotMeasured() {
        var verdict = of(new Objective("f1", 0.5, null), 500, 0.75, 1);
        assertThat(verdict.met()).isFalse();
        assertThat(verdict.notes()).containsExactly("Objective not met: f1 was not measured.");
        var memory = of(new Objective(null, null, Minimise.MEMORY), 500, 0.75, 1);
        assertThat(memory.met()).isFalse();
        assertThat(memory.notes()).containsExactly("Objective not met: peak memory was not measured.");
    }

    @Test
    void wantsTheMinimisedFigureBelowTheOriginals() {
        assertThat(of(new Objective(null, null, Minimise.LATENCY), 500, 0.75, 1.9)
                        .met())
                .isTrue();
        assertThat(of(new Objective(null, null, Minimise.LATENCY), 500, 0.75, 2.0)
                        .met())
                .isFalse();
        assertThat(of(new Objective(null, null, Minimise.BYTES), 1000, 0.75, 1).met())
                .isFalse();
        assertThat(of(new Objective(null, null, Minimise.MACS), 500, 0.75, 1).notes())
                .containsExactly(
                        "Objective not met: the number of multiply-accumulates is not less than the original's.");
    }

    @Test
    void prefersTheSmallerOfTwoThatMeetTheObjective() {
        var objective = new Objective("top1", 0.5, Minimise.BYTES);
        assertThat(of(objective, 300, 0.5, 1).betterThan(of(objective, 800, 0.7, 1)))
                .isTrue();
        assertThat(of(objective, 800, 0.7, 1).betterThan(of(objective, 300, 0.5, 1)))
                .isFalse();
    }

    @Test
    void prefersTheSmallerDropOfTwoThatDropTooFar() {
        var objective = new Objective("top1", 0.01, Minimise.BYTES);
        assertThat(of(objective, 800, 0.7, 1).betterThan(of(objective, 300, 0.5, 1)))
                .isTrue();
        assertThat(of(objective, 300, 0.5, 1).betterThan(of(objective, 800, 0.7, 1)))
                .isFalse();
    }

    @Test
    void prefersTheLaterModelWithoutAnObjective() {
        assertThat(of(null, 800, 0.1, 1).betterThan(of(null, 300, 0.7, 1))).isTrue();
    }

    /** Against an original of 1000 bytes, 0.75 top-1 and 2 ms. */
    private static Verdict of(@Nullable Objective objective, long sizeBytes, double top1, double p50Millis) {
        return Verdict.of(
                objective,
                new Evaluation(
                        "top1",
                        measurements(1000, 0.75, 2),
                        measurements(sizeBytes, top1, p50Millis),
                        Map.of("cosine", 0.99, "relativeError", 0.01),
                        100));
    }
}
