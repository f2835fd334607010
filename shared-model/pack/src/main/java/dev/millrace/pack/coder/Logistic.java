package dev.millrace.pack.coder;

/**
 * Probabilities and their logarithms of odds, as integers, so that every machine predicts the same.
 *
 * <p>A probability is that of a one in 1/65,536; its logarithm of odds is in 1/256 nats, ±12 nats at most.
 */
public final class Logistic {
    static final int ONE = 1 << 16;
    private static final int NAT = 256;
    private static final int LIMIT = 12 * NAT - 1;
    private static final short[] STRETCHED = new short[ONE];
    private static final int[] SQUASHED = new int[2 * LIMIT + 1];

    static {
        for (int p = 0; p < ONE; p++) {
            double odds = (p + 0.5) / (ONE - p - 0.5);
            STRETCHED[p] = (short) clamp(Math.round(StrictMath.log(odds) * NAT));
        }
        for (int x = -LIMIT; x <= LIMIT; x++) {
            long p = Math.round(ONE / (1 + StrictMath.exp(-(double) x / NAT)));
            SQUASHED[x + LIMIT] = (int) Math.min(ONE - 1, Math.max(1, p));
        }
    }

    private Logistic() {}

    /** {@code ln(p / (1 − p))}. */
    public static int stretch(int probability) {
        return STRETCHED[probability];
    }

    /** {@code 1 / (1 + exp(−x))}, never 0 or 1. */
    public static int squash(long stretched) {
        return SQUASHED[clamp(stretched) + LIMIT];
    }

    private static int clamp(long x) {
        return (int) Math.min(LIMIT, Math.max(-LIMIT, x));
    }
}
