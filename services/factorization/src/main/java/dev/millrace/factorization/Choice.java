package dev.millrace.factorization;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One way to store a layer.
 *
 * @param ranks widths between the factors; empty for the layer as it is
 * @param error share of the energy lost, 0..1
 * @param cost what the layer then costs
 */
record Choice(List<Integer> ranks, double error, Cost cost) {
    /**
     * What a layer costs.
     *
     * @param parameters weights stored
     * @param macs multiply-accumulates for one feed; 0 where shapes are not known
     * @param nanos time of one feed, measured alone; 0 where it was not measured
     */
    record Cost(long parameters, long macs, long nanos) {
        /** Of a factor that is applied at so many positions. */
        static Cost of(long parameters, long positions) {
            return new Cost(parameters, parameters * positions, 0);
        }

        Cost plus(Cost other) {
            return new Cost(parameters + other.parameters, macs + other.macs, nanos + other.nanos);
        }
    }

    /** The same, measured. */
    Choice taking(long nanos) {
        return new Choice(ranks, error, new Cost(cost.parameters, cost.macs, nanos));
    }

    /**
     * Some of the choices that lose less than every cheaper one, spread evenly.
     *
     * @param choices cheapest first
     * @param most how many at most, above 1
     */
    static List<Choice> spread(List<Choice> choices, int most) {
        var front = new ArrayList<Choice>();
        double least = Double.POSITIVE_INFINITY;
        for (var choice : choices) {
            if (choice.error() < least) {
                front.add(choice);
                least = choice.error();
            }
        }
        return front.size() <= most
                ? front
                : IntStream.range(0, most)
                        .mapToObj(i -> front.get(i * (front.size() - 1) / (most - 1)))
                        .toList();
    }

    boolean isWhole() {
        return ranks.isEmpty();
    }

    /** {@code 96} or {@code 24×40}. */
    String spelled() {
        return ranks.stream().map(String::valueOf).collect(Collectors.joining("×"));
    }
}
