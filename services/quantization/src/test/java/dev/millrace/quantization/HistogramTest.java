package dev.millrace.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HistogramTest {
    private static final int VALUES = 100_000;

    private static float[] normal(long seed, double size) {
        var random = new Random(seed);
        var values = new float[VALUES];
        for (int i = 0; i < VALUES; i++) {
            values[i] = (float) (random.nextGaussian() * size);
        }
        return values;
    }

    private static Histogram of(float[]... parts) {
        var histogram = new Histogram();
        for (var part : parts) {
            histogram.add(part, part.length, 1);
        }
        return histogram;
    }

    @Test
    void doesNotDependOnTheOrderOfTheData() {
        var small = normal(1, 0.01);
        var large = normal(2, 30);
        var one = of(small, large);
        var other = of(large, small);
        assertThat(one.count()).isEqualTo(other.count()).isEqualTo(2 * VALUES);
        assertThat(one.range()).isEqualTo(other.range());
        assertThat(IntStream.range(0, Histogram.BINS).mapToLong(one::inBin).sum())
                .isEqualTo(2 * VALUES);
        assertThat(one.quantile(0.9)).isCloseTo(other.quantile(0.9), within(0.2f));
    }

    @Test
    void leavesOutWhatStandsForMinusInfinity() {
        var histogram = of(new float[] {-3.4e38f, -1, 2, Float.NEGATIVE_INFINITY, Float.NaN});
        assertThat(histogram.range()).isEqualTo(new Range(-1, 2));
        assertThat(histogram.count()).isEqualTo(2);
    }

    @Test
    void isEmptyUntilANumberComes() {
        assertThat(of(new float[] {Float.NaN, -1e38f}).isEmpty()).isTrue();
        assertThat(of(new float[] {0, 0}).range()).isEqualTo(new Range(0, 0));
    }

    @Test
    void countsZerosThatCameBeforeTheFirstLargerValue() {
        var histogram = of(new float[] {0, 0, 0}, new float[] {1, 1, 1});
        assertThat(histogram.quantile(0.4)).isCloseTo(0, within(0.01f));
        assertThat(histogram.quantile(0.9)).isCloseTo(1, within(0.01f));
    }

    @Test
    void everyMethodStaysInsideTheRangeSeen() {
        var histogram = of(normal(3, 1), new float[] {50});
        for (var method : RangeMethod.values()) {
            var range = method.choose(histogram, 99.99);
            assertThat(range.low()).as(method.name()).isBetween(-6f, 0f);
            assertThat(range.high()).as(method.name()).isBetween(0f, 50f);
        }
        assertThat(RangeMethod.MINMAX.choose(histogram, 99.99).high()).isEqualTo(50);
        assertThat(RangeMethod.PERCENTILE.choose(histogram, 99.9).high()).isLessThan(6);
        assertThat(RangeMethod.MSE.choose(histogram, 99.99).high()).isLessThan(50);
    }

    @Test
    void theRangeOfAGatedActivationIsThatOfTheFunction() {
        for (var range : new Range[] {new Range(-3, 2), new Range(-9, -4), new Range(-1, 0.5f), new Range(1, 2)}) {
            double least = Double.POSITIVE_INFINITY;
            double most = Double.NEGATIVE_INFINITY;
            for (double x = range.low(); x <= range.high(); x += 1e-4) {
                least = Math.min(least, x / (1 + Math.exp(-x)));
                most = Math.max(most, x / (1 + Math.exp(-x)));
            }
            assertThat(range.sigmoidLinear().low()).isCloseTo((float) least, within(1e-3f));
            assertThat(range.sigmoidLinear().high()).isCloseTo((float) most, within(1e-3f));
        }
    }

    @Test
    void zeroIsExactOnEveryGrid() {
        for (var range : new Range[] {new Range(-1, 3), new Range(0.5f, 2), new Range(-7, -2), new Range(0, 0)}) {
            assertThat(Uint8Scale.of(range).rounded(0)).isZero();
            assertThat(Uint8Scale.of(range).scale()).isGreaterThanOrEqualTo(Uint8Scale.SMALLEST);
        }
    }
}
