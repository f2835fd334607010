package dev.millrace.factorization.coding;

/** One entry of a table for every run of a weight, times an integer where there are gains. */
final class Term {
    private static final int VALUES = 256;

    private final Table table;
    private final byte[] indices;
    private final byte[] gains;

    /** @param indices unsigned, one for each run */
    Term(Table table, byte[] indices) {
        this(table, indices, new byte[0]);
    }

    /** @param gains signed, one for each run; none if every gain is 1 */
    Term(Table table, byte[] indices, byte[] gains) {
        this.table = table;
        this.indices = indices;
        this.gains = gains;
    }

    Table table() {
        return table;
    }

    /** Unsigned; not to be changed. */
    byte[] indices() {
        return indices;
    }

    /** Signed, empty if every gain is 1; not to be changed. */
    byte[] gains() {
        return gains;
    }

    boolean hasGains() {
        return gains.length > 0;
    }

    /** The same indices into another table. */
    Term into(Table other) {
        return new Term(other, indices, gains);
    }

    /** Adds the entries, times a factor, to a weight. */
    void addTo(float[] weight, float factor) {
        int length = table.length();
        var values = table.values();
        for (int run = 0; run < indices.length; run++) {
            int from = (indices[run] & 0xff) * length;
            float gain = hasGains() ? factor * gains[run] : factor;
            for (int i = 0, to = run * length; i < length && to < weight.length; i++, to++) {
                weight[to] += gain * values[from + i];
            }
        }
    }

    /** What indices and gains take behind an entropy coder that knows how frequent each is. */
    double entropyBits() {
        return entropyBits(indices) + entropyBits(gains);
    }

    static double entropyBits(byte[] symbols) {
        var counts = new int[VALUES];
        for (byte symbol : symbols) {
            counts[symbol & 0xff]++;
        }
        double bits = 0;
        for (int count : counts) {
            bits -= count == 0 ? 0 : count * Math.log(count / (double) symbols.length);
        }
        return bits / Math.log(2);
    }
}
