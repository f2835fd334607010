package dev.millrace.pack.planes;

/** Lengths of three bytes, the highest first. */
public final class Length24 {
    private Length24() {}

    public static void put(byte[] target, int at, int value) {
        target[at] = (byte) (value >> 16);
        target[at + 1] = (byte) (value >> 8);
        target[at + 2] = (byte) value;
    }

    public static int get(byte[] source, int at) {
        return ((source[at] & 0xff) << 16) | ((source[at + 1] & 0xff) << 8) | (source[at + 2] & 0xff);
    }
}
