package dev.millrace.factorization.coding;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;

/** One way to write weights as entries of tables. */
interface Coding {
    /**
     * A code for each weight, in order.
     *
     * @param progress told the fraction that is done
     */
    List<Code> code(List<CodableWeight> weights, Evidence evidence, DoubleConsumer progress);

    /** Codes a weight without looking at the others. */
    interface OfOne {
        Code code(CodableWeight weight, Evidence evidence);
    }

    /** Codes one weight after the other. */
    static Coding each(OfOne coding) {
        return (weights, evidence, progress) -> {
            var codes = new ArrayList<Code>();
            for (var weight : weights) {
                progress.accept(codes.size() / (double) weights.size());
                codes.add(coding.code(weight, evidence));
            }
            return codes;
        };
    }
}
