package dev.millrace.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.channel.Axis;
import dev.millrace.onnx.channel.ChannelGroup;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Three layers; the share of the cost of a channel is given. */
class WidthsTest {
    private static final double[] COST = {0.5 / 32, 0.3 / 32, 0.2 / 64};

    @Test
    void evenWidthsComeAsNearToTheTargetAsTheirStepsAllow() {
        var widths = widths(8, 1, 1, 1);
        double left = left(widths.evenBelow(0.5));

        assertThat(left).isLessThanOrEqualTo(0.5).isGreaterThan(0.48);
    }

    @Test
    void widthsAreMultiplesOrTheWhole() {
        var widths = widths(24, 1, 1, 1);

        for (double target = 0.3; target < 1; target += 0.1) {
            for (var found : List.of(widths.evenBelow(target), widths.cheapestBelow(target))) {
                assertThat(found[0]).isIn(24, 32);
                assertThat(found[1]).isIn(24, 32);
                assertThat(found[2]).isIn(24, 48, 64);
            }
        }
    }

    @Test
    void whatIsWorthLeastForWhatItSavesGoesFirst() {
        var found = widths(8, 1, 100, 100).cheapestBelow(0.75);

        assertThat(found).containsExactly(16, 32, 64);
    }

    @Test
    void givesTheNarrowestWhereTheTargetIsOutOfReach() {
        var widths = widths(16, 1, 1, 1);

        assertThat(widths.evenBelow(0.01)).containsExactly(16, 16, 16);
        assertThat(widths.cheapestBelow(0.01)).containsExactly(16, 16, 16);
    }

    @Test
    void leavesAllWhereAllIsWanted() {
        assertThat(widths(8, 1, 1, 1).evenBelow(1)).containsExactly(32, 32, 64);
        assertThat(widths(8, 1, 1, 1).cheapestBelow(1)).containsExactly(32, 32, 64);
    }

    private static double left(int[] kept) {
        return IntStream.range(0, kept.length)
                .mapToDouble(g -> kept[g] * COST[g])
                .sum();
    }

    private static Widths widths(int multipleOf, double... worth) {
        var sizes = new int[] {32, 32, 64};
        var candidates = IntStream.range(0, sizes.length)
                .mapToObj(g -> candidate(sizes[g], worth[g], multipleOf))
                .toList();
        return new Widths(candidates, WidthsTest::left);
    }

    private static Candidate candidate(int size, double worth, int multipleOf) {
        var scores = new double[size];
        Arrays.fill(scores, worth);
        var slices = IntStream.range(0, size).mapToObj(i -> new int[] {i}).toList();
        var group = new ChannelGroup(Map.of(new Axis("w", 0), slices));
        return Candidate.of(new Graph("g"), group, scores, multipleOf, 1);
    }
}
