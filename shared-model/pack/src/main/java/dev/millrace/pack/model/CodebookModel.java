package dev.millrace.pack.model;

import dev.millrace.pack.coder.Coder;
import java.util.Arrays;

/** Codes a tensor of few different elements by their ranks. */
final class CodebookModel implements PieceModel {
    private static final int DIRECT_BITS = 16;

    private final Plan.Codebook plan;
    private final LevelModel levels;
    private final long[] keys;
    private final short[] ranks;

    CodebookModel(Plan.Codebook plan) {
        this.plan = plan;
        keys = plan.keys().stream().mapToLong(Long::longValue).toArray();
        levels = new LevelModel(Math.max(1, plan.levels()), false, plan.columns(), plan.inner());
        ranks = new short
                [plan.element().bits() <= DIRECT_BITS ? 1 << plan.element().bits() : 0];
        for (int i = 0; ranks.length > 0 && i < keys.length; i++) {
            ranks[(int) plan.element().ofKey(keys[i]) & ranks.length - 1] = (short) i;
        }
    }

    @Override
    public void code(Coder coder, byte[] raw, int from, int length) {
        var element = plan.element();
        int count = element.in(length);
        int center = plan.center();
        int last = keys.length - 1;
        for (int i = 0; i < count; i++) {
            int rank = last == 0 ? 0 : rank(element.get(raw, from, i));
            if (last > 0) {
                int level = levels.code(coder, Math.abs(rank - center), rank < center);
                rank = Math.min(last, Math.max(0, levels.negative() ? center - level : center + level));
            }
            element.set(raw, from, i, element.ofKey(keys[rank]));
        }
    }

    private int rank(long value) {
        return ranks.length > 0
                ? ranks[(int) value & ranks.length - 1]
                : Math.max(0, Arrays.binarySearch(keys, plan.element().key(value)));
    }
}
