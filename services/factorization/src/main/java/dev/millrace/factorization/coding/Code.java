package dev.millrace.factorization.coding;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A weight as a sum of table entries: of its runs of so many elements, in stored order, each is {@code scale · Σ_t g_t ·
 * T_t[i_t]}.
 *
 * @param elements of the weight; the last run may reach beyond them
 * @param terms all with tables of one length
 */
record Code(int elements, float scale, List<Term> terms) {
    /** The weight, flattened. */
    float[] values() {
        var values = new float[elements];
        terms.forEach(term -> term.addTo(values, scale));
        return values;
    }

    /** Elements of a run. */
    int length() {
        return terms.get(0).table().length();
    }

    /** The same indices into other tables. */
    Code into(UnaryOperator<Table> others) {
        return new Code(
                elements,
                scale,
                terms.stream()
                        .map(term -> term.into(others.apply(term.table())))
                        .toList());
    }

    double entropyBits() {
        return terms.stream().mapToDouble(Term::entropyBits).sum();
    }
}
