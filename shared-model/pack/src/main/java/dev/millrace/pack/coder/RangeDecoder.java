package dev.millrace.pack.coder;

/** Reads what {@link RangeEncoder} wrote. */
public final class RangeDecoder implements Coder {
    private final byte[] bytes;
    private int next;
    private int low;
    private int high = -1;
    private int number;

    public RangeDecoder(byte[] bytes) {
        this.bytes = bytes;
        for (int i = 0; i < Integer.BYTES; i++) {
            number = number << 8 | read();
        }
    }

    @Override
    public int code(int bit, int probability) {
        int middle = RangeEncoder.middle(low, high, probability);
        int found = Integer.compareUnsigned(number, middle) <= 0 ? 1 : 0;
        if (found != 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
        while ((low ^ high) >>> 24 == 0) {
            low <<= 8;
            high = high << 8 | 0xff;
            number = number << 8 | read();
        }
        return found;
    }

    private int read() {
        return next < bytes.length ? bytes[next++] & 0xff : 0;
    }
}
