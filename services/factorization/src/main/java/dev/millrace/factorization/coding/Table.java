package dev.millrace.factorization.coding;

/**
 * A codebook: vectors that weights are put together from, which several weights may share. Tables are compared by identity,
 * as training changes what is in them.
 */
final class Table {
    private final int length;
    private final float[] values;

    /** @param values {@code (entries, length)} */
    Table(int length, float... values) {
        this.length = length;
        this.values = values;
    }

    int entries() {
        return values.length / length;
    }

    /** Elements of an entry. */
    int length() {
        return length;
    }

    /** {@code (entries, length)}; not to be changed. */
    float[] values() {
        return values;
    }
}
