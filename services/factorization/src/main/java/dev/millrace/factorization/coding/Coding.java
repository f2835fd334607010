package dev.millrace.factorization.coding;

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
}
