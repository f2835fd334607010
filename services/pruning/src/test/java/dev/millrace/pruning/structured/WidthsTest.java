package dev.millrace.pruning.structured;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.channel.Axis;
import dev.millrace.onnx.channel.ChannelGroup;
import java.io.IOException;
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

    @Test
    void aWidthThatIsSlowerThanAWiderOneIsKeptBack() throws IOException {
        var widths = widths(8, 1, 1, 1);
        var kept = widths.cheapestBelow(0.7);
        assertThat(kept[0]).isLessThan(32);

        // The first layer is slow below 32 channels, whatever the others are.
        var faster =
                new KeptBack(widths, 0.7, each -> each.cheapestBelow(0.7), WidthsTest::isFasterByTheFirst).faster(kept);

        assertThat(faster[0]).isEqualTo(32);
        assertThat(left(faster)).isLessThanOrEqualTo(0.7);
    }

    @Test
    void widthsThatAreFasterWhereTheyAreNarrowerStay() throws IOException {
        var widths = widths(8, 1, 1, 1);
        var kept = widths.cheapestBelow(0.5);

        var same = new KeptBack(widths, 0.5, each -> each.cheapestBelow(0.5), (tried, over) -> left(tried) < left(over))
                .faster(kept);

        assertThat(same).isEqualTo(kept);
    }

    @Test
    void theTargetCountsMoreThanAFasterWidth() throws IOException {
        // Nothing but the first layer can be narrower by so much.
        var widths = widths(32, 1, 1, 1);
        var kept = new int[] {8, 32, 64};

        var same = new KeptBack(
                        widths, left(kept), each -> each.cheapestBelow(left(kept)), WidthsTest::isFasterByTheFirst)
                .faster(kept);

        assertThat(same).isEqualTo(kept);
    }

    private static boolean isFasterByTheFirst(int[] tried, int[] over) {
        return (tried[0] < 32 ? 3 : 1) * left(tried) < (over[0] < 32 ? 3 : 1) * left(over);
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
