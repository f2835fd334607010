package dev.millrace.engine.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private static final double EXACT = 1e-9;

    @Test
    void countsClassesAndMacroF1() {
        var metrics = new TaskMetrics();
        // Predicted 0, 1, 1, 2; true 0, 1, 0, 2. F1: class 0 = 2/3, class 1 = 2/3, class 2 = 1.
        metrics.add(labelled(2, Value.of(new long[] {0, 1}, 2)), output(new float[] {9, 1, 0, 1, 9, 0}, 2, 3));
        metrics.add(labelled(2, Value.of(new long[] {0, 2}, 2)), output(new float[] {1, 9, 0, 0, 1, 9}, 2, 3));
        assertThat(metrics.values().get("top1")).isEqualTo(0.75);
        assertThat(metrics.values().get("f1")).isCloseTo((2 / 3.0 + 2 / 3.0 + 1) / 3, within(EXACT));
        assertThat(metrics.values()).doesNotContainKey("top5");
    }

    @Test
    void countsPixelsWhoseClassesAreOnAxisOne() {
        var metrics = new TaskMetrics();
        // One picture of four pixels in a row, two classes: predicted 0, 1, 1, 0.
        var scores = output(new float[] {9, 1, 0, 5, 1, 9, 3, 4}, 1, 2, 1, 4);
        metrics.add(labelled(1, Value.of(new long[] {0, 1, 0, 0}, 1, 1, 4)), scores);
        assertThat(metrics.values()).containsEntry("top1", 0.75);
    }

    @Test
    void countsTheTrueClassAmongTheFirstFive() {
        var metrics = new TaskMetrics();
        var scores = output(new float[] {6, 5, 4, 3, 2, 1, 6, 5, 4, 3, 2, 1}, 2, 6);
        metrics.add(labelled(2, Value.of(new long[] {4, 5}, 2)), scores);
        assertThat(metrics.values()).containsEntry("top5", 0.5).containsEntry("top1", 0.0);
    }

    @Test
    void leavesOutTheRowsThatOnlyFillUpABatch() {
        var metrics = new TaskMetrics();
        metrics.add(labelled(1, Value.of(new long[] {0}, 1)), output(new float[] {1, 0, 0, 1}, 2, 2));
        assertThat(metrics.values()).containsEntry("top1", 1.0);
    }

    @Test
    void averagesSquaredErrors() {
        var metrics = new TaskMetrics();
        metrics.add(labelled(2, Value.of(new float[] {1.5f, 2}, 2)), output(new float[] {1, 4}, 2, 1));
        assertThat(metrics.values()).containsEntry("mse", 2.125);
    }

    @Test
    void correlatesRanksOfPairsAlsoAcrossBatches() {
        var metrics = new TaskMetrics();
        // Cosines 1, 0, 0.6: ranks 3, 1, 2. Scores 5, 1, 3: the same ranks.
        metrics.add(pairs(3, 5, 1), output(new float[] {1, 0, 1, 0, 1, 0}, 3, 2));
        metrics.add(pairs(3, 3), output(new float[] {0, 1, 1, 0, 0.6f, 0.8f}, 3, 2));
        assertThat(metrics.values().get("spearman")).isCloseTo(1, within(EXACT));
    }

    @Test
    void sharesRanksOfTies() {
        assertThat(PairSimilarity.ranks(List.of(7.0, 3.0, 7.0, 1.0))).containsExactly(3.5, 2, 3.5, 1);
        assertThat(PairSimilarity.correlation(new double[] {1, 2, 3}, new double[] {3, 1, 2}))
                .isCloseTo(-0.5, within(EXACT));
    }

    @Test
    void comparesWithExpectedOutputsByNameOrPosition() {
        var metrics = new TaskMetrics();
        var expected = Map.of("#0", Value.of(new float[] {1, 2, 3, 4}, 1, 4));
        metrics.add(new Batch(Map.of(), 1, null, 1, expected, "t"), output(new float[] {1, 2.0001f, 3.5f, 4}, 1, 4));
        assertThat(metrics.values()).containsEntry("expected", 0.75);
    }

    @Test
    void measuresCosineErrorAndAgreement() {
        var fidelity = new Fidelity();
        fidelity.add(labelled(2, null), output(new float[] {3, 4, 1, 0}, 2, 2), output(new float[] {4, 3, 1, 0}, 2, 2));
        // Row cosines 24/25 and 1; error √2 over norm √26; the first row's highest index differs.
        assertThat(fidelity.values().get("cosine")).isCloseTo(0.98, within(EXACT));
        assertThat(fidelity.values().get("minCosine")).isCloseTo(0.96, within(EXACT));
        assertThat(fidelity.values().get("relativeError")).isCloseTo(Math.sqrt(2 / 26.0), within(EXACT));
        assertThat(fidelity.values().get("top1Agreement")).isEqualTo(0.5);
    }

    @Test
    void findsTheSliceThatIsLostAmongLargerOnes() {
        var fidelity = new Fidelity();
        fidelity.add(
                labelled(1, null),
                output(new float[] {100, 100, 0.5f, 0.25f}, 1, 2, 2),
                output(new float[] {100, 100, 0, 0}, 1, 2, 2));
        assertThat(fidelity.values().get("relativeError")).isLessThan(0.01);
        assertThat(fidelity.values().get("worstSliceError")).isEqualTo(1);
    }

    @Test
    void doesNotCountMaskedTokens() {
        var fidelity = new Fidelity();
        var feed = Map.of("attention_mask", Value.of(new long[] {1, 0}, 1, 2));
        fidelity.add(
                new Batch(feed, 1, null, 1, Map.of(), "t"),
                output(new float[] {1, 2, 3, 4}, 1, 2, 2),
                output(new float[] {1, 2, -9, 9}, 1, 2, 2));
        assertThat(fidelity.values().get("cosine")).isCloseTo(1, within(EXACT));
        assertThat(fidelity.values().get("embeddingCosine")).isCloseTo(1, within(EXACT));
        assertThat(fidelity.values().get("relativeError")).isZero();
    }

    @Test
    void countsWhatIsNotFinite() {
        var fidelity = new Fidelity();
        fidelity.add(
                labelled(1, null),
                output(new float[] {1, 1, 1, 1}, 1, 4),
                output(new float[] {1, Float.NaN, 1, 1}, 1, 4));
        assertThat(fidelity.values()).containsEntry("finite", 0.75);
        assertThat(fidelity.values().get("cosine")).isCloseTo(3 / Math.sqrt(12), within(EXACT));
    }

    private static Map<String, Value> output(float[] numbers, long... dims) {
        return Map.of("y", Value.of(numbers, dims));
    }

    private static Batch labelled(int rows, @Nullable Value labels) {
        return new Batch(Map.of(), rows, labels, 1, Map.of(), "t");
    }

    private static Batch pairs(int rows, float... scores) {
        return new Batch(Map.of(), rows, Value.of(scores, scores.length), 2, Map.of(), "t");
    }
}
