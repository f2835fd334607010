package dev.millrace.quantization.block;

/**
 * The levels {@code 0 … 2^bits − 1} of a block.
 *
 * @param bits 4 or 8
 */
public record Levels(int bits, ZeroPoint zeroPoint) {

    int largest() {
        return (1 << bits) - 1;
    }

    int middle() {
        return 1 << (bits - 1);
    }

    /** Bits that a block of so many weights takes: levels, scale, zero point. */
    public long bitsOf(int blockSize) {
        int point =
                switch (zeroPoint) {
                    case NONE -> 0;
                    case INTEGER -> bits;
                    case FLOAT -> Float.SIZE;
                };
        return (long) bits * blockSize + Float.SIZE + point;
    }
}
