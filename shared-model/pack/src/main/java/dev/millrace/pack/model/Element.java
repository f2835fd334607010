package dev.millrace.pack.model;

import java.util.Optional;

/**
 * The numbers that a tensor holds.
 *
 * @param bits 4, 8, 16, 32 or 64; of two numbers in a byte the low half comes first, larger ones are little-endian
 * @param order how bits are ordered as numbers
 * @param exponentBits of a floating-point number, else 0
 */
public record Element(int bits, Order order, int exponentBits) {
    /** What the bits of a number mean. */
    enum Order {
        SIGNED,
        UNSIGNED,
        FLOATING
    }

    public static final Element NIBBLE = new Element(4, Order.UNSIGNED, 0);
    public static final Element BYTE = new Element(8, Order.UNSIGNED, 0);

    /** That of an ONNX data type by its number; empty for strings, complex numbers and types not known here. */
    public static Optional<Element> of(long onnxType) {
        return Optional.ofNullable(
                switch ((int) onnxType) {
                    case 1 -> new Element(32, Order.FLOATING, 8);
                    case 10 -> new Element(16, Order.FLOATING, 5);
                    case 16 -> new Element(16, Order.FLOATING, 8);
                    case 11 -> new Element(64, Order.FLOATING, 11);
                    case 3 -> new Element(8, Order.SIGNED, 0);
                    case 2, 9, 17, 18, 19, 20, 24, 25, 26 -> BYTE;
                    case 5 -> new Element(16, Order.SIGNED, 0);
                    case 4 -> new Element(16, Order.UNSIGNED, 0);
                    case 6 -> new Element(32, Order.SIGNED, 0);
                    case 12 -> new Element(32, Order.UNSIGNED, 0);
                    case 7 -> new Element(64, Order.SIGNED, 0);
                    case 13 -> new Element(64, Order.UNSIGNED, 0);
                    case 22 -> new Element(4, Order.SIGNED, 0);
                    case 21, 23 -> NIBBLE;
                    default -> null;
                });
    }

    public int mantissaBits() {
        return bits - 1 - exponentBits;
    }

    /** How many there are in so many bytes. */
    public int in(int bytes) {
        return (int) ((long) bytes * Byte.SIZE / bits);
    }

    /** The bits of a number, the highest one its sign, extended. */
    public long get(byte[] bytes, int from, int index) {
        if (bits == 4) {
            return (long) (bytes[from + (index >> 1)] >> ((index & 1) << 2)) << 60 >> 60;
        }
        int width = bits / Byte.SIZE;
        int at = from + index * width;
        long value = bytes[at + width - 1];
        for (int i = width - 2; i >= 0; i--) {
            value = (value << Byte.SIZE) | (bytes[at + i] & 0xff);
        }
        return value;
    }

    public void set(byte[] bytes, int from, int index, long value) {
        if (bits == 4) {
            int at = from + (index >> 1);
            int half = (int) value & 15;
            bytes[at] = (byte) ((index & 1) == 0 ? (bytes[at] & 0xf0) | half : (bytes[at] & 15) | (half << 4));
            return;
        }
        int width = bits / Byte.SIZE;
        int at = from + index * width;
        for (int i = 0; i < width; i++) {
            bytes[at + i] = (byte) (value >> (i * Byte.SIZE));
        }
    }

    /** A number that is the larger, the larger the element is. */
    public long key(long value) {
        return switch (order) {
            case SIGNED -> value;
            case UNSIGNED -> bits == Long.SIZE ? value ^ Long.MIN_VALUE : value & ((1L << bits) - 1);
            case FLOATING -> value < 0 ? value ^ (Long.MAX_VALUE >>> (Long.SIZE - bits)) : value;
        };
    }

    /** The element whose {@link #key} this is; bits above its own say nothing. */
    public long ofKey(long key) {
        return order == Order.UNSIGNED && bits < Long.SIZE ? key : key(key);
    }
}
