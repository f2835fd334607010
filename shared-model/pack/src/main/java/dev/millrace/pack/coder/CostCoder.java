package dev.millrace.pack.coder;

/** An encoder that only adds up what it would write. */
public final class CostCoder implements Coder {
    private static final int STEPS = 4096;
    private static final double[] BITS = new double[STEPS + 1];

    static {
        for (int i = 0; i <= STEPS; i++) {
            BITS[i] = -Math.log((i + 0.5) / (STEPS + 0.5)) / Math.log(2);
        }
    }

    private double bits;

    @Override
    public int code(int bit, int probability) {
        bits += BITS[(bit != 0 ? probability : Logistic.ONE - probability) * STEPS / Logistic.ONE];
        return bit;
    }

    public double bits() {
        return bits;
    }
}
