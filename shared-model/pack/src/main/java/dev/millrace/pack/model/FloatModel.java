package dev.millrace.pack.model;

import dev.millrace.pack.coder.Coder;

/**
 * Codes floating-point numbers: sign and exponent as levels, then the mantissa byte by byte. The first byte is predicted from
 * the size of the number, the others by themselves.
 */
public final class FloatModel implements PieceModel {
    private final Plan.Floats plan;
    private final LevelModel levels;
    private final Tree[] bytes;

    FloatModel(Plan.Floats plan) {
        this.plan = plan;
        levels = new LevelModel(plan.levels(), true, plan.columns(), plan.inner());
        int mantissa = plan.element().mantissaBits();
        bytes = new Tree[(mantissa + Byte.SIZE - 1) / Byte.SIZE];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = new Tree(i == 0 ? Surroundings.CLASSES : 1, bitsOf(mantissa, i));
        }
    }

    /** Bits of a byte of a mantissa; the last one may have fewer. */
    public static int bitsOf(int mantissaBits, int index) {
        return Math.min(Byte.SIZE, mantissaBits - index * Byte.SIZE);
    }

    @Override
    public void code(Coder coder, byte[] raw, int from, int length) {
        var element = plan.element();
        int count = element.in(length);
        int mantissaBits = element.mantissaBits();
        long mantissaMask = (1L << mantissaBits) - 1;
        int exponentMask = (1 << element.exponentBits()) - 1;
        for (int i = 0; i < count; i++) {
            long value = element.get(raw, from, i);
            int exponent = (int) (value >>> mantissaBits) & exponentMask;
            boolean zero = (value << (Long.SIZE - element.bits())) == 0;
            int level = levels.code(coder, zero ? 0 : exponent - plan.least() + 1, value < 0);
            long coded = 0;
            if (level > 0) {
                coded = (levels.negative() ? -1L : 0) << (element.bits() - 1)
                        | (long) (level - 1 + plan.least()) << mantissaBits
                        | mantissa(coder, value & mantissaMask);
            }
            element.set(raw, from, i, coded);
        }
    }

    private long mantissa(Coder coder, long mantissa) {
        int rest = plan.element().mantissaBits();
        long coded = 0;
        for (int i = 0; i < bytes.length; i++) {
            int bits = Math.min(Byte.SIZE, rest);
            rest -= bits;
            int part = (int) (mantissa >>> rest) & ((1 << bits) - 1);
            part = (plan.noise() >>> i & 1) != 0
                    ? coder.raw(part, bits)
                    : bytes[i].code(coder, part, i == 0 ? levels.lastClass() : 0);
            coded = coded << bits | part;
        }
        return coded;
    }
}
