package dev.millrace.pack.plan;

import dev.millrace.pack.model.Element;
import dev.millrace.pack.model.Plan;
import java.util.Arrays;

/** The different elements of a tensor and how often each occurs, as long as they are few; and the exponents of floats. */
public final class Values {
    private static final int TABLE = 4 * Plan.MOST_SYMBOLS;
    private static final long PRIME = 0x9E3779B97F4A7C15L;

    private final Element element;
    private final long[] values = new long[TABLE];
    private final long[] counts = new long[TABLE];
    private int different;
    private int least = Integer.MAX_VALUE;
    private int most = -1;

    public Values(Element element) {
        this.element = element;
    }

    public void add(byte[] bytes, int length) {
        int count = element.in(length);
        boolean floating = element.exponentBits() > 0;
        if (!floating && !areFew()) {
            return;
        }
        int mantissaBits = element.mantissaBits();
        int exponentMask = (1 << element.exponentBits()) - 1;
        for (int i = 0; i < count; i++) {
            long value = element.get(bytes, 0, i);
            if (areFew()) {
                count(value);
            }
            if (floating && (value << (Long.SIZE - element.bits())) != 0) {
                int exponent = (int) (value >>> mantissaBits) & exponentMask;
                least = Math.min(least, exponent);
                most = Math.max(most, exponent);
            }
        }
    }

    private void count(long value) {
        int slot = (int) ((value * PRIME) >>> 40) & (TABLE - 1);
        while (counts[slot] > 0 && values[slot] != value) {
            slot = (slot + 1) & (TABLE - 1);
        }
        different += counts[slot] == 0 ? 1 : 0;
        values[slot] = value;
        counts[slot]++;
    }

    /** Whether there are not too many different elements for a codebook. */
    boolean areFew() {
        return different <= Plan.MOST_SYMBOLS;
    }

    public int different() {
        return different;
    }

    /** {@link Element#key keys} of the elements, ascending. */
    public long[] keys() {
        var keys = new long[different];
        int next = 0;
        for (int i = 0; i < TABLE; i++) {
            if (counts[i] > 0) {
                keys[next++] = element.key(values[i]);
            }
        }
        Arrays.sort(keys);
        return keys;
    }

    /** The element that occurs most, by its place among {@code keys}. */
    int commonest(long[] keys) {
        int commonest = 0;
        for (int i = 1; i < TABLE; i++) {
            commonest = counts[i] > counts[commonest] ? i : commonest;
        }
        return Arrays.binarySearch(keys, element.key(values[commonest]));
    }

    /** The smallest exponent of an element that is not zero; 0 if all are. */
    int leastExponent() {
        return most < 0 ? 0 : least;
    }

    /** Exponents from the smallest to the largest. */
    int exponents() {
        return most < 0 ? 1 : most - least + 1;
    }
}
