package dev.millrace.pack.coder;

import java.util.Arrays;

/**
 * Writes bits as a number in an interval that each bit narrows by its probability (Rissanen and Langdon, "Arithmetic coding",
 * 1979), without carries, as in Mahoney's PAQ.
 */
public final class RangeEncoder implements Coder {
    private byte[] bytes = new byte[1024];
    private int size;
    private int low;
    private int high = -1;

    @Override
    public int code(int bit, int probability) {
        int middle = middle(low, high, probability);
        if (bit != 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
        while ((low ^ high) >>> 24 == 0) {
            write(high >>> 24);
            low <<= 8;
            high = high << 8 | 0xff;
        }
        return bit;
    }

    /** Last number of the part of an interval that stands for a one. */
    static int middle(int low, int high, int probability) {
        long range = (high & 0xffffffffL) - (low & 0xffffffffL);
        return (int) ((low & 0xffffffffL) + ((range * probability) >>> 16));
    }

    private void write(int value) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * size);
        }
        bytes[size++] = (byte) value;
    }

    /** Everything written; behind its end a decoder reads zeros. */
    public byte[] finish() {
        if (low != 0) {
            write((low >>> 24) + 1);
        }
        while (size > 0 && bytes[size - 1] == 0) {
            size--;
        }
        return Arrays.copyOf(bytes, size);
    }
}
