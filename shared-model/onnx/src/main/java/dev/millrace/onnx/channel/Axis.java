package dev.millrace.onnx.channel;

/** An axis of a value of the main graph. */
public record Axis(String value, int number) {
    @Override
    public String toString() {
        return value + "[" + number + "]";
    }
}
