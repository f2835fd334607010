package dev.millrace.quantization.block;

/** Levels of 4 bits, two in a byte, the first in the lower half; of 8 bits as they are. */
public final class PackedLevels {
    private PackedLevels() {}

    /**
     * Packs levels.
     *
     * @param bits 4 or 8
     * @param perRow levels in a row; each row starts a byte of its own
     */
    public static byte[] pack(byte[] levels, int bits, int perRow) {
        if (bits == Byte.SIZE) {
            return levels;
        }
        int bytesPerRow = (perRow + 1) / 2;
        var packed = new byte[levels.length / perRow * bytesPerRow];
        for (int i = 0; i < levels.length; i++) {
            int column = i % perRow;
            packed[i / perRow * bytesPerRow + column / 2] |= (byte) ((levels[i] & 0xf) << (column % 2 * 4));
        }
        return packed;
    }
}
