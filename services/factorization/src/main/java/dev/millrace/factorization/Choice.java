package dev.millrace.factorization;

import java.util.List;
import java.util.stream.Collectors;

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
     */
    record Cost(long parameters, long macs) {
        /** Of a factor that is applied at so many positions. */
        static Cost of(long parameters, long positions) {
            return new Cost(parameters, parameters * positions);
        }

        Cost plus(Cost other) {
            return new Cost(parameters + other.parameters, macs + other.macs);
        }
    }

    boolean isWhole() {
        return ranks.isEmpty();
    }

    /** {@code 96} or {@code 24×40}. */
    String spelled() {
        return ranks.stream().map(String::valueOf).collect(Collectors.joining("×"));
    }
}
