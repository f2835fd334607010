package dev.millrace.onnx;

/**
 * One axis of a value's declared shape.
 *
 * @param size elements along the axis, −1 if not fixed
 * @param symbol name of a size that is not fixed, {@code "batch"}; empty if it has none
 */
public record Dimension(long size, String symbol) {
    public static Dimension of(long size) {
        return new Dimension(size, "");
    }

    public static Dimension symbolic(String symbol) {
        return new Dimension(-1, symbol);
    }

    public boolean isFixed() {
        return size >= 0;
    }

    @Override
    public String toString() {
        return isFixed() ? Long.toString(size) : symbol.isEmpty() ? "?" : symbol;
    }
}
