package dev.millrace.pack.model;

import dev.millrace.pack.coder.Coder;
import java.util.Arrays;

/**
 * Codes bytes that are no tensor's: names, attributes, the frame of a model. Each bit is predicted from the last one to six
 * bytes, and from what followed where the last five bytes were seen before.
 */
final class BytesModel implements PieceModel {
    private static final int TABLE_BITS = 18;
    private static final int[] ORDERS = {1, 2, 3, 4, 6};
    private static final int HISTORY = 1 << 18;
    private static final int MATCH_BYTES = 5;
    private static final int MATCH_TABLE_BITS = 16;
    private static final int LONGEST_MATCH = 63;
    private static final long PRIME = 0x9E3779B97F4A7C15L;

    private final Mix mix;
    private final int[] contexts = new int[ORDERS.length];
    private final byte[] history = new byte[HISTORY];
    private final int[] lastSeen = new int[1 << MATCH_TABLE_BITS];
    private int width = 1;
    private int start;
    private int end;
    private int match;
    private int matched;

    BytesModel() {
        int inputs = ORDERS.length + 3;
        var sizes = new int[inputs];
        Arrays.fill(sizes, 1 << TABLE_BITS);
        sizes[inputs - 3] = 1 << Byte.SIZE;
        sizes[inputs - 2] = Byte.SIZE << 16;
        sizes[inputs - 1] = 2 * (LONGEST_MATCH + 1);
        mix = new Mix(sizes, 4 * Byte.SIZE, Cell.QUICK);
    }

    /**
     * Begins a part.
     *
     * @param recordBytes length of the numbers that it is made of, 1 if nothing is known
     */
    void begin(int recordBytes) {
        width = recordBytes;
        start = end;
    }

    @Override
    public void code(Coder coder, byte[] raw, int from, int length) {
        for (int i = from; i < from + length; i++) {
            raw[i] = code(coder, raw[i]);
        }
    }

    private byte code(Coder coder, byte value) {
        for (int i = 0; i < ORDERS.length; i++) {
            contexts[i] = hash(ORDERS[i]) * 31 + ORDERS[i];
        }
        int record =
                ((Math.floorMod(end - start, width) & (Byte.SIZE - 1)) << 16) | ((history(width) & 0xff) << Byte.SIZE);
        int node = 1;
        for (int i = Byte.SIZE - 1; i >= 0; i--) {
            int expected = matched == 0 ? 1 : ((history[match & (HISTORY - 1)] & 0xff) | (1 << Byte.SIZE));
            boolean agrees = matched > 0 && (expected >>> (i + 1)) == node;
            int next = expected >>> i & 1;
            for (int order = 0; order < ORDERS.length; order++) {
                mix.at[order] = (int) (((contexts[order] + node * 0x2545F491L) * PRIME) >>> (Long.SIZE - TABLE_BITS));
            }
            mix.at[ORDERS.length] = node;
            mix.at[ORDERS.length + 1] = record | node;
            mix.at[ORDERS.length + 2] = agrees ? matched << 1 | next : 0;
            int trust = !agrees ? 0 : matched < 8 ? 1 : matched < 24 ? 2 : 3;
            node = node << 1 | mix.code(coder, value >>> i & 1, trust * Byte.SIZE + i);
        }
        add((byte) node);
        return (byte) node;
    }

    private byte history(int distance) {
        return history[(end - distance) & (HISTORY - 1)];
    }

    private int hash(int bytes) {
        long hash = 0;
        for (int i = 1; i <= bytes; i++) {
            hash = (hash + (history(i) & 0xff) + 1) * PRIME;
        }
        return (int) (hash >>> 32);
    }

    private void add(byte value) {
        boolean holds = matched > 0 && history[match & (HISTORY - 1)] == value;
        history[end & (HISTORY - 1)] = value;
        end++;
        if (holds) {
            match++;
            matched = Math.min(LONGEST_MATCH, matched + 1);
        } else {
            matched = 0;
        }
        int slot = hash(MATCH_BYTES) >>> (Integer.SIZE - MATCH_TABLE_BITS);
        if (matched == 0 && lastSeen[slot] > 0 && end - lastSeen[slot] < HISTORY) {
            match = lastSeen[slot];
            while (matched < LONGEST_MATCH
                    && matched < match
                    && history[(match - 1 - matched) & (HISTORY - 1)] == history(matched + 1)) {
                matched++;
            }
        }
        lastSeen[slot] = end;
    }
}
