package dev.millrace.pruning;

/** Which weights of one tensor become zero. */
@FunctionalInterface
interface Mask {
    /**
     * @param index position in row-major order
     * @param weight its value
     */
    boolean removes(long index, float weight);
}
